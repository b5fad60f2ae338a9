import { once } from 'node:events'

import { serveStdio } from '@modelcontextprotocol/server/stdio'

import { ownCaller } from './caller.ts'
import type { LlmOptions } from './compose.ts'
import { composeRunner } from './compose.ts'
import { createLlmServer } from './server.ts'

export interface ServeOptions extends LlmOptions {
  readonly version: string
  /** Settles when somebody asks for the end. */
  readonly stopped: Promise<unknown>
}

/** Serves the client that started us on its pipes, in either era, until it leaves: the work of `gantry llm`. */
export async function serveLlm(options: ServeOptions): Promise<void> {
  const { version, stopped, warn } = options
  await using runner = await composeRunner(options)
  // A client that closes its end must not take us down before the programs are stopped.
  process.stdout.on('error', () => process.stdin.destroy())
  const handle = serveStdio(
    () => createLlmServer(runner, { version, callerOf: () => ownCaller }).server,
    {
      onerror: warn,
    },
  )
  await Promise.race([once(process.stdin, 'close'), stopped])
  await handle.close()
  process.stdin.destroy()
}
