import { GatewayError, isFailure } from '../../contract/gateway-error.ts'
import type { Call, Done, Outcome, Phase } from '../../core/call/call.ts'
import type { GuardedFetch, GuardedResponse } from '../egress/guarded-fetch.ts'
import { retryAfter } from '../http/wire.ts'
import type { ServiceRequest } from './request.ts'
import type { ResultContext } from './result.ts'
import { toResult } from './result.ts'

export interface FlightsOptions extends ResultContext {
  readonly server: string
}

export interface Flight {
  readonly request: ServiceRequest
  readonly fetch: Pick<GuardedFetch, 'request'>
}

/** The requests to a service that it has not answered yet. */
export interface Flights {
  readonly size: number
  /** Sends the request of a call; `done` is told what it came to. */
  begin(call: Call, flight: Flight, done: Done): void
  endAll(error: GatewayError): void
}

export function createFlights(options: FlightsOptions): Flights {
  const underway = new Set<(error: GatewayError) => void>()

  return {
    get size() {
      return underway.size
    },
    begin(call, flight, done) {
      const ending = new AbortController()
      let isOpen = true
      const settle: Done = (outcome) => {
        if (!isOpen) return
        isOpen = false
        underway.delete(giveUp)
        call.abort = undefined
        done(outcome)
      }
      const giveUp = (error: GatewayError) => {
        settle({ kind: 'failure', error, phase: 'maybe_sent' })
        ending.abort(error)
      }
      underway.add(giveUp)
      call.abort = giveUp
      carry(flight, ending.signal, options).then(settle, (error: unknown) =>
        settle(failureOf(options.server, error)),
      )
    },
    endAll(error) {
      for (const giveUp of underway) giveUp(error)
    },
  }
}

async function carry(
  { request, fetch }: Flight,
  signal: AbortSignal,
  options: FlightsOptions,
): Promise<Outcome> {
  const { url, method, headers, body } = request
  const answer = await fetch.request(url, {
    method,
    headers,
    signal,
    redirect: method === 'GET' || method === 'HEAD' ? 'follow' : 'manual',
    ...(body && { body }),
  })
  const busy = busyFailure(options.server, answer)
  return busy ?? { kind: 'reply', reply: toResult(answer, options), era: 'modern' }
}

/** What was refused because of how often it comes is told as of any other server. */
function busyFailure(server: string, { status, headers }: GuardedResponse): Outcome | undefined {
  const hint = headers['retry-after']
  const retryAfterMs = retryAfter(typeof hint === 'string' ? hint : undefined)
  if (status !== 429 && (status !== 503 || retryAfterMs === undefined)) return undefined
  const error = new GatewayError('server_busy', { server, status, retryAfterMs })
  return { kind: 'failure', error, phase: status === 429 ? 'not_sent' : 'maybe_sent' }
}

function failureOf(server: string, cause: unknown): Outcome {
  if (cause instanceof GatewayError) return { kind: 'failure', error: cause, phase: phaseOf(cause) }
  const problem = cause instanceof Error ? cause.message : String(cause)
  const error = new GatewayError('server_answer_invalid', { server, problem }, { cause })
  return { kind: 'failure', error, phase: 'answered' }
}

const unsent: ReadonlySet<string> = new Set([
  'server_unreachable',
  'egress_refused',
  'auth_unavailable',
  'auth_refused',
])

/** What could not be connected to got nothing; what cannot be read was answered, and would be again. */
function phaseOf(error: GatewayError): Phase {
  if (unsent.has(error.code)) return 'not_sent'
  return isFailure(error, 'server_lost') ? 'maybe_sent' : 'answered'
}
