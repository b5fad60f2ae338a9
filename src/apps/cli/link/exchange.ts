import type { IncomingMessage } from 'node:http'

import { GatewayError } from '../../../contract/gateway-error.ts'

export interface Exchange {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Shown to the gateway, where it wants one. */
  readonly key?: string | undefined
  readonly body?: string
  readonly signal?: AbortSignal | undefined
}

const answerLimitBytes = 268_435_456

/** Sends one HTTP request on a connection of its own; resolves when the head of the answer is there. */
export async function exchange(asked: Exchange): Promise<IncomingMessage> {
  const { url, signal } = asked
  const client = await import(url.protocol === 'https:' ? 'node:https' : 'node:http')
  return new Promise((resolve, reject) => {
    const request = client.request(
      url,
      {
        method: asked.method,
        headers: { ...asked.headers, ...authorization(asked.key), connection: 'close' },
        agent: false,
        signal,
      },
      resolve,
    )
    request.once('error', (cause: Error) => {
      reject(signal?.aborted ? signal.reason : unreachable(url, cause))
    })
    request.end(asked.body)
  })
}

function authorization(key: string | undefined): Readonly<Record<string, string>> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` }
}

/** The text of an answer, chunk by chunk; one that breaks off is told as such. */
export async function* textOf(answer: IncomingMessage, url: URL): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let bytes = 0
  try {
    for await (const chunk of answer) {
      bytes += chunk.length
      if (bytes > answerLimitBytes) {
        throw new GatewayError('too_large', { what: 'The answer', limitBytes: answerLimitBytes })
      }
      yield decoder.decode(chunk, { stream: true })
    }
    yield decoder.decode()
  } catch (cause) {
    if (cause instanceof GatewayError || isAbort(cause)) throw cause
    throw new GatewayError('gateway_lost', { url: url.origin, reason: reasonOf(cause) }, { cause })
  }
}

export async function wholeText(answer: IncomingMessage, url: URL): Promise<string> {
  const parts: string[] = []
  for await (const part of textOf(answer, url)) parts.push(part)
  return parts.join('')
}

function unreachable(url: URL, cause: Error): GatewayError {
  const first: unknown = firstOf(cause)
  const syscall = first instanceof Error && 'syscall' in first ? first.syscall : undefined
  // Once there was a connection, the request may have reached the gateway.
  const wasConnected = syscall !== 'connect' && syscall !== 'getaddrinfo'
  const code = wasConnected ? 'gateway_lost' : 'gateway_unreachable'
  return new GatewayError(code, { url: url.origin, reason: reasonOf(cause) }, { cause })
}

const reasons: ReadonlyMap<unknown, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ECONNRESET', 'the connection was closed'],
  ['ENOTFOUND', 'the host name is not known'],
  ['EAI_AGAIN', 'the host name could not be looked up'],
  ['EHOSTUNREACH', 'there is no way to that host'],
  ['ETIMEDOUT', 'it did not answer in time'],
])

function reasonOf(cause: unknown): string {
  const first = firstOf(cause)
  if (!(first instanceof Error)) return String(first)
  return ('code' in first ? reasons.get(first.code) : undefined) ?? first.message
}

function isAbort(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'AbortError'
}

/** A host with several addresses fails with one error for each. */
function firstOf(cause: unknown): unknown {
  return cause instanceof AggregateError ? cause.errors[0] : cause
}
