import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { listeningOn } from '../kit/listening-on.ts'

/** A request as it came over the wire. */
export interface Recorded {
  readonly method: string
  /** The request target, as it was written. */
  readonly target: string
  /** Names as they were written, with their values, in their order. */
  readonly rawHeaders: readonly string[]
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface RecordedService extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly requests: readonly Recorded[]
  readonly last: Recorded
  /** Requests whose client went away before the answer. */
  readonly left: () => number
}

export type Answer = (request: Recorded, response: ServerResponse) => void

/** A real service on a free port that keeps what it was asked. */
export async function startService(answer: Answer = answerEmpty): Promise<RecordedService> {
  const requests: Recorded[] = []
  let left = 0
  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) left++
    })
    void buffer(request).then((body) => {
      const { method = '', url: target = '', rawHeaders, headers } = request
      const recorded = { method, target, rawHeaders, headers, body }
      requests.push(recorded)
      answer(recorded, response)
    })
  })
  const port = await listeningOn(server)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    get last() {
      const last = requests.at(-1)
      if (!last) throw new Error('nothing was asked')
      return last
    },
    left: () => left,
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      await promise
    },
  }
}

export const answerEmpty: Answer = (_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end('{}')
}

export function answerWith(
  body: string | Buffer,
  { status = 200, type = 'application/json', headers = {} } = {},
): Answer {
  return (_request, response) => {
    response.writeHead(status, { ...(type !== '' && { 'content-type': type }), ...headers })
    response.end(body)
  }
}
