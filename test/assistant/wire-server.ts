import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

import { listeningOn } from '../kit/listening-on.ts'

/** What is sent in answer to one request, byte for byte. */
export interface Exchange {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
  /** So many bytes are written at a time; left out: all at once. */
  readonly pieceBytes?: number
  /** The connection breaks after so many bytes. */
  readonly dropAt?: number
  /** Nothing more comes after so many bytes, and the connection stays. */
  readonly stallAt?: number
}

export interface WireRequest {
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Readonly<Record<string, unknown>>
}

/** Speaks to a client in exactly these bytes. */
export interface WireServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly WireRequest[]
  /** Answers that are under way. */
  readonly open: () => number
}

/** Answers the first request with the first exchange, and so on; the last one counts for all that follow. */
export async function startWire(...exchanges: readonly Exchange[]): Promise<WireServer> {
  const requests: WireRequest[] = []
  const left = [...exchanges]
  let open = 0

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    open += 1
    response.once('close', () => (open -= 1))
    const chunks = await Array.fromAsync<Buffer>(request)
    const text = Buffer.concat(chunks).toString()
    const { url = '', headers } = request
    requests.push({ url, headers, body: JSON.parse(text || '{}') })
    const exchange = left.length > 1 ? left.shift() : left[0]
    await write(response, exchange ?? { status: 500, body: '' })
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  const port = await listeningOn(server)
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    open: () => open,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function write(
  response: ServerResponse,
  { status = 200, headers, body, pieceBytes, dropAt, stallAt }: Exchange,
): Promise<void> {
  response.writeHead(status, {
    'content-type': status === 200 ? 'text/event-stream' : 'application/json',
    ...headers,
  })
  response.flushHeaders()
  const bytes = Buffer.from(body)
  const last = dropAt ?? stallAt ?? bytes.length
  const step = pieceBytes ?? Math.max(1, last)
  for (let at = 0; at < last && !response.destroyed; at += step) {
    await new Promise((resolve) => {
      response.write(bytes.subarray(at, Math.min(at + step, last)), resolve)
    })
  }
  if (dropAt !== undefined) response.destroy()
  else if (stallAt === undefined) response.end()
}
