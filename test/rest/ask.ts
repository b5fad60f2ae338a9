import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import type { RunningGateway } from '../kit/gateway.ts'

export interface RestAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body, where it is JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into what it expects
  readonly json: any
}

export interface RestAsking {
  readonly method?: string
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** One request to a REST address, as `curl` sends it. */
export function ask(
  { port }: Pick<RunningGateway, 'port'>,
  path: string,
  { method, body, headers = {}, signal }: RestAsking = {},
): Promise<RestAnswer> {
  const sent = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        port,
        host: '127.0.0.1',
        path,
        method: method ?? (sent === undefined ? 'GET' : 'POST'),
        agent: false,
        signal,
        headers: {
          ...(sent !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      (response) => {
        const { statusCode: status = 0, headers: received } = response
        text(response).then(
          (read) => resolve({ status, headers: received, text: read, json: parsed(read) }),
          reject,
        )
      },
    )
    asking.once('error', reject)
    asking.end(sent)
  })
}

function parsed(read: string): unknown {
  try {
    return JSON.parse(read)
  } catch {
    // A page or an event stream is looked at as text.
    return undefined
  }
}
