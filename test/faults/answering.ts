import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Asked {
  readonly id?: unknown
  readonly method: string
  readonly params?: { readonly name?: string }
  readonly headers: IncomingHttpHeaders
}

/** A result or an error, with the HTTP status it travels with. */
export interface Reply {
  readonly status?: number
  readonly result?: object
  readonly error?: object
}

export interface AnsweringServer extends AsyncDisposable {
  readonly url: string
  readonly asked: readonly Asked[]
  /** How often it was asked this. */
  times(method: string): number
}

const reserved = 'io.modelcontextprotocol/'
const complete = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' }

/** The greeting of a modern server with tools. */
export const greeting: Reply = {
  result: {
    ...complete,
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: {} },
    _meta: { [`${reserved}serverInfo`]: { name: 'answering', version: '1' } },
  },
}

export function listOf(...tools: readonly object[]): Reply {
  return { result: { ...complete, tools } }
}

/** An HTTP server that answers every request as the test says. */
export async function startAnswering(answer: (asked: Asked) => Reply): Promise<AnsweringServer> {
  const asked: Asked[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const message: Omit<Asked, 'headers'> = JSON.parse((await text(request)) || '{"method":""}')
    const one = { ...message, headers: request.headers }
    asked.push(one)
    const { status = 200, ...said } = answer(one)
    const body = JSON.stringify({ jsonrpc: '2.0', id: one.id ?? null, ...said })
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0

  return {
    url: `http://127.0.0.1:${port}/mcp`,
    asked,
    times: (method) => asked.filter((one) => one.method === method).length,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
