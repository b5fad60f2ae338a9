import type { Agent, Dispatcher } from 'undici'
import { GatewayError } from '../../contract/gateway-error.ts'
import { decodeBody } from './decode.ts'
import type { DecodeLimits } from './decode.ts'
import { createAgent } from './engine.ts'
import type { EngineOptions, Undici } from './engine.ts'
import { answerFailure } from './fetch-failure.ts'
import { checkHeaders } from './headers.ts'
import type { HeaderList } from './headers.ts'
import type { Resolve } from './lookup.ts'
import { checkUrl } from './policy.ts'
import type { EgressPolicy } from './policy.ts'
import { nextHop } from './redirect.ts'
import type { Hop } from './redirect.ts'

export interface GuardedRequest {
  readonly method?: string
  readonly headers?: HeaderList
  readonly body?: string | Buffer
  readonly signal?: AbortSignal
  /** What asks for a change is not sent a second time to somewhere else: the redirect itself is the answer. */
  readonly redirect?: 'follow' | 'manual'
}

export interface GuardedHead {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Where the answer came from, after redirects. */
  readonly url: URL
}

export interface GuardedResponse extends GuardedHead {
  readonly body: Buffer
}

/** The body has to be read or the response disposed: until then it holds a connection. */
export interface GuardedStream extends GuardedHead, AsyncDisposable {
  readonly body: AsyncIterable<Buffer>
}

/** The one door for HTTP that is not the relay: what it may reach, follow and swallow is bounded. */
export interface GuardedFetch extends AsyncDisposable {
  request(url: string | URL, request?: GuardedRequest): Promise<GuardedResponse>
  stream(url: string | URL, request?: GuardedRequest): Promise<GuardedStream>
}

export interface FetchLimits extends DecodeLimits {
  readonly connectTimeoutMs: number
  readonly headersTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly headerBytes: number
  readonly redirects: number
}

const mebibyte = 1024 * 1024
export const fetchLimits: FetchLimits = {
  connectTimeoutMs: 3000,
  headersTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  headerBytes: 16 * 1024,
  bodyBytes: 16 * mebibyte,
  unpackedBytes: 16 * mebibyte,
  unpackedRatio: 100,
  redirects: 3,
}

export interface GuardedFetchOptions {
  /** Who is asked, for people: the server's name. */
  readonly server: string
  readonly policy: EgressPolicy
  readonly limits?: Partial<FetchLimits>
  /** Replaces the system's resolver. */
  readonly resolve?: Resolve
}

export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { server, policy } = options
  const limits = { ...fetchLimits, ...options.limits }
  const engine = createEngine({ ...limits, server, resolve: options.resolve })

  async function stream(url: string | URL, request: GuardedRequest = {}): Promise<GuardedStream> {
    const checked = checkUrl(url, policy)
    const { method = 'GET', body, signal } = request
    const headers = {
      ...checkHeaders(checked, request.headers ?? {}),
      'accept-encoding': 'identity',
    }
    let hop: Hop = { url: checked, method, headers, body, policy }
    for (let redirects = 0; ; redirects += 1) {
      const answer = await engine.send(hop, signal)
      const next = request.redirect === 'manual' ? undefined : followed(hop, answer)
      if (!next)
        return toStream(hop.url, answer, limits, (error) => answerFailure(server, error, signal))
      if (redirects >= limits.redirects)
        throw answerFailure(server, new Error('it redirects too often'))
      hop = next
    }
  }

  return {
    stream,
    async request(url, request) {
      await using answer = await stream(url, request)
      const { status, headers } = answer
      return { status, headers, url: answer.url, body: await collect(answer.body) }
    },
    [Symbol.asyncDispose]: () => engine.close(),
  }
}

interface Engine {
  send(hop: Hop, signal: AbortSignal | undefined): Promise<Dispatcher.ResponseData>
  close(): Promise<void>
}

function createEngine(options: EngineOptions): Engine {
  const agents = new Map<EgressPolicy, Agent>()
  let loading: Promise<Undici> | undefined
  let isClosed = false

  return {
    async send({ url, method, headers, body, policy }, signal) {
      loading ??= import('undici')
      const undici = await loading
      if (isClosed) throw new GatewayError('stopping', {})
      const agent = agents.get(policy) ?? createAgent(undici, policy, options)
      agents.set(policy, agent)
      const answer = await undici
        .request(url, {
          method,
          headers,
          body: body ?? null,
          signal: signal ?? null,
          dispatcher: agent,
        })
        .catch((error: unknown) => {
          throw answerFailure(options.server, error, signal)
        })
      // A body that is given up fails once more, with nobody left to hear it; whoever reads it still does.
      answer.body.on('error', () => undefined)
      return answer
    },
    async close() {
      isClosed = true
      await Promise.all(Array.from(agents.values(), (agent) => agent.destroy()))
    },
  }
}

function followed(
  hop: Hop,
  { statusCode, headers, body }: Dispatcher.ResponseData,
): Hop | undefined {
  const { location } = headers
  try {
    const next = nextHop(hop, statusCode, Array.isArray(location) ? location[0] : location)
    if (next) body.destroy()
    return next
  } catch (error) {
    body.destroy()
    throw error
  }
}

function toStream(
  url: URL,
  { statusCode, headers, body }: Dispatcher.ResponseData,
  limits: DecodeLimits,
  toFailure: (error: unknown) => unknown,
): GuardedStream {
  const encoding = String(headers['content-encoding'] ?? '')
  return {
    status: statusCode,
    headers: definedHeaders(headers),
    url,
    body: translated(decodeBody(body, encoding, limits), toFailure),
    async [Symbol.asyncDispose]() {
      body.destroy()
    },
  }
}

async function* translated(
  body: AsyncIterable<Buffer>,
  toFailure: (error: unknown) => unknown,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* body
  } catch (error) {
    throw toFailure(error)
  }
}

async function collect(body: AsyncIterable<Buffer>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(body))
}

function definedHeaders(headers: Dispatcher.ResponseData['headers']): GuardedHead['headers'] {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined,
    ),
  )
}
