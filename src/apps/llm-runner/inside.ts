import type { Transport } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'

import type { Runner } from '../../runner/runner.ts'
import type { LlmCaller } from './caller.ts'
import { createLlmServer } from './server.ts'

export interface InsideOptions {
  readonly version: string
  /** Who sent the request with this id. */
  readonly callerOf: (request: string | number) => LlmCaller
  /** Told each message, with the id of the request that it belongs to. */
  readonly hear: (message: string, request: number | undefined) => void
  readonly warn: (problem: unknown) => void
}

/** The server as it is served inside of another program. */
export interface InsideServer {
  receive(message: string): void
  /** The programs are others now. */
  refresh(): void
  close(): Promise<void>
}

export function serveInside(runner: Runner, options: InsideOptions): InsideServer {
  const { version, callerOf, hear, warn } = options
  const transport: Transport = {
    start: async () => {},
    async send(message, { relatedRequestId: request } = {}) {
      hear(JSON.stringify(message), typeof request === 'number' ? request : undefined)
    },
    async close() {
      transport.onclose?.()
    },
  }
  let refresh: (() => void) | undefined
  const handle = serveStdio(
    () => {
      const made = createLlmServer(runner, {
        version,
        callerOf: ({ mcpReq }) => callerOf(mcpReq.id),
      })
      ;({ refresh } = made)
      return made.server
    },
    { transport, onerror: warn },
  )
  return {
    receive: (message) => transport.onmessage?.(JSON.parse(message)),
    refresh: () => refresh?.(),
    close: () => handle.close(),
  }
}
