import type { HttpServerConfig } from '../../contract/config.ts'
import { GatewayError, isFailure } from '../../contract/gateway-error.ts'
import type { Phase } from '../../core/call/call.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import type { ResponseHead } from '../../wire/http/head.ts'
import type { RelayHandle } from '../../wire/http/relay-client.ts'
import type { Message, ReadMessage } from '../../wire/message.ts'
import type { ExchangeWay } from './post.ts'
import { exchange } from './post.ts'
import { BodyProblem } from './response-body.ts'

/** What every conversation over HTTP needs. */
export interface HttpWire extends ExchangeWay {
  readonly server: string
  readonly config: HttpServerConfig
  readonly read: ReadMessage
  /** Header lines that every request carries. */
  readonly baseHeaders: ByteText
  /** Runs `work` after a pause, unless the connection ends before. */
  readonly later: (ms: number, work: () => void) => void
  /** Masks what a server must not repeat to others. */
  readonly hide: (text: string) => string
}

export interface Answer {
  readonly head: ResponseHead
  readonly messages: readonly Message[]
  readonly text: string
}

export function baseHeaders({ headers, auth }: HttpServerConfig): ByteText {
  const signed = { ...headers, ...fixedAuthorization(auth) }
  const own = Object.entries(signed).map(([name, value]) => `${name}: ${value}\r\n`)
  return (
    'Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n' +
    `Accept-Encoding: identity\r\nUser-Agent: gantry\r\n${own.join('')}`
  )
}

/** What is sent where there is no token that ends. */
function fixedAuthorization(auth: HttpServerConfig['auth']): Readonly<Record<string, string>> {
  if (auth?.type === 'bearer') return { Authorization: `Bearer ${auth.token}` }
  if (auth?.type !== 'basic') return {}
  const pair = Buffer.from(`${auth.username}:${auth.password}`).toString('base64')
  return { Authorization: `Basic ${pair}` }
}

/** One request outside any conversation, e.g. a probe; rejects when the server cannot be reached. */
export function ask(
  wire: HttpWire,
  headers: ByteText,
  body: Payload,
  { timeoutMs, method = 'POST' }: { timeoutMs: number; method?: 'POST' | 'DELETE' },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const messages: Message[] = []
    const timer = setTimeout(() => {
      handle.abandon()
      reject(unreachable(wire.server, `no answer within ${timeoutMs} ms`))
    }, timeoutMs)
    const settle = (then: () => void) => {
      clearTimeout(timer)
      then()
    }
    const handle: RelayHandle = exchange(
      wire,
      { method, headers: wire.baseHeaders + headers, body },
      {
        message(bytes, head) {
          try {
            const message = wire.read(bytes)
            messages.push(message)
            // A server may keep the stream open after its answer.
            if (message.kind === 'response') settle(() => resolve({ head, messages, text: '' }))
          } catch {
            // Not a JSON-RPC message: the caller sees that none came.
          }
        },
        end: (head, text) => settle(() => resolve({ head, messages, text: wire.hide(text) })),
        failed: (error) =>
          settle(() =>
            reject(isSignIn(error) ? error : unreachable(wire.server, reasonOf(error), error)),
          ),
      },
    )
  })
}

export function unreachable(server: string, reason: string, cause?: unknown): GatewayError {
  return new GatewayError('server_unreachable', { server, reason }, { cause })
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return code && !error.message.includes(code) ? `${code} ${error.message}` : error.message
}

/** A failure, and whether the call can have run. */
export interface Loss {
  readonly error: GatewayError
  readonly phase: Phase
}

/** There was nothing to sign in with: nothing was sent. */
function isSignIn(error: Error): error is GatewayError {
  return isFailure(error, 'auth_unavailable') || isFailure(error, 'auth_refused')
}

/** What it means for a call that its exchange broke off. */
export function lossOf(server: string, cause: Error, wasSent: boolean): Loss {
  if (isSignIn(cause)) return { error: cause, phase: 'not_sent' }
  const reason = reasonOf(cause)
  if (!wasSent) return { error: unreachable(server, reason, cause), phase: 'not_sent' }
  const error =
    cause instanceof BodyProblem
      ? new GatewayError('server_answer_invalid', { server, problem: reason }, { cause })
      : new GatewayError('server_lost', { server, reason }, { cause })
  return { error, phase: 'maybe_sent' }
}

/** What an HTTP status without a JSON-RPC answer means for a call; what else the server wrote is not for callers. */
export function refusalOf(server: string, head: ResponseHead): Loss {
  const isBeforeWork = head.status === 401 || head.status === 403 || head.status === 429
  return {
    error: statusError(server, head, ''),
    phase: isBeforeWork ? 'not_sent' : 'maybe_sent',
  }
}

/** The same for the operator, with the beginning of what the server wrote; nothing where the status is no complaint. */
export function complaintOf(head: ResponseHead, text: string): string | undefined {
  return head.status < 400 ? undefined : `HTTP ${head.status}${excerpt(text)}`
}

const loopDetected = 508

export function statusError(server: string, head: ResponseHead, text: string): GatewayError {
  const { status } = head
  if (status === 401 || status === 403) return new GatewayError('server_auth', { server, status })
  const retryAfterMs = retryAfter(head.get('retry-after'))
  if (status === 429 || (status === 503 && retryAfterMs !== undefined))
    return new GatewayError('server_busy', { server, status, retryAfterMs })
  if (status === loopDetected)
    return unreachable(server, 'it leads back to this gateway, or into a ring of gateways')
  if (status < 300) {
    const problem = `HTTP ${status} with content type "${head.contentType}" and no JSON-RPC answer in it`
    return new GatewayError('server_answer_invalid', { server, problem })
  }
  const reason =
    status < 400
      ? `HTTP ${status}: it redirects elsewhere, and redirects are not followed`
      : `HTTP ${status}${excerpt(text)}`
  return new GatewayError('server_lost', { server, reason })
}

function excerpt(text: string): string {
  const said = text.trim().replace(/\s+/g, ' ').slice(0, 120)
  return said ? ` (${said})` : ''
}

/** `Retry-After` names a number of seconds or a date; anything else says nothing. */
export function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000
  const at = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}
