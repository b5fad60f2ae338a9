import type { GatewayError } from '../../contract/gateway-error.ts'
import { isFailure } from '../../contract/gateway-error.ts'
import type { Call, Done, Outcome, Phase, RoutedCall, Rule } from '../call/call.ts'

type Failure = Outcome & { readonly kind: 'failure' }

/** Methods that only read, by the protocol: sending them again changes nothing. */
const readingMethods = new Set([
  'server/discover',
  'initialize',
  'ping',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/get',
  'completion/complete',
  'tasks/get',
])

export function isReading(method: string): boolean {
  return readingMethods.has(method)
}

/** The retry rule: what was not sent may be sent again; what may have run only when repeating it is harmless. */
export function mayRetry(phase: Phase, isRepeatable: boolean): boolean {
  return phase === 'not_sent' || (phase === 'maybe_sent' && isRepeatable)
}

export interface RetryTimes {
  readonly now: () => number
  readonly wait: (ms: number, then: () => void) => void
  /** How long to pause after this many attempts. */
  readonly pauseMs: (attempts: number) => number
  /** How long the call still has. */
  readonly remainingMs: (call: Call) => number
}

/** Sends a failed call again where the retry rule and the server's budget allow it, after a pause. */
export function withRetry(times: RetryTimes): Rule {
  return (next) => {
    function attempt(call: RoutedCall, done: Done): void {
      if (call.attempts === 0) call.spec.to.guard.retries.called(times.now())
      call.attempts++
      next(call, (outcome) => {
        if (outcome.kind === 'reply') return done(outcome)
        const pauseMs = pauseBefore(call, outcome, times)
        if (pauseMs === undefined) return done(outcome)
        call.spec.to.stats.retries++
        // A call that may have run once may have run, whatever its last attempt came to.
        const finish: Done =
          outcome.phase === 'not_sent' ? done : (last) => done(atLeast(outcome.phase, last))
        let isWaiting = true
        call.abort = (error) => {
          isWaiting = false
          done({ kind: 'failure', error, phase: outcome.phase })
        }
        times.wait(pauseMs, () => {
          if (!isWaiting) return
          call.abort = undefined
          attempt(call, finish)
        })
      })
    }
    return attempt
  }
}

/** As widely as after so many attempts. */
const hintSpread = 2

/** How long to wait before the next attempt; undefined when there must be none. */
function pauseBefore(call: RoutedCall, failed: Failure, times: RetryTimes): number | undefined {
  const { error, phase } = failed
  const { isRepeatable, to } = call.spec
  if (call.cancelled || isFinal(failed)) return undefined
  if (!mayRetry(phase, isRepeatable)) return undefined
  const hintMs = retryAfterMs(error)
  // A server that names a time is asked once more, after that time.
  if (call.attempts > (hintMs === undefined ? to.guard.maxRetries : 1)) return undefined
  // Those who were told the same time do not come back all at once.
  const pauseMs =
    hintMs === undefined ? times.pauseMs(call.attempts) : hintMs + times.pauseMs(hintSpread)
  if (pauseMs >= times.remainingMs(call)) return denied(call, 'deadline')
  return to.guard.retries.take(times.now()) ? pauseMs : denied(call, 'budget')
}

/** What was refused for a reason that stays. */
function isFinal({ error, phase }: Failure): boolean {
  if (phase !== 'not_sent') return false
  return (
    !error.retryable ||
    error.code === 'server_resting' ||
    error.code === 'auth_unavailable' ||
    (isFailure(error, 'server_unreachable') && error.data.isLasting === true)
  )
}

function denied({ spec }: RoutedCall, reason: 'deadline' | 'budget'): undefined {
  spec.to.stats.retryDenied(reason)
}

function retryAfterMs(error: GatewayError): number | undefined {
  return isFailure(error, 'server_busy') ? error.data.retryAfterMs : undefined
}

function atLeast(phase: Phase, outcome: Outcome): Outcome {
  return outcome.kind === 'failure' && outcome.phase === 'not_sent'
    ? { ...outcome, phase }
    : outcome
}

/** Full jitter over 50 ms doubled with each attempt, never above 2 s. */
export function jitteredPauseMs(attempts: number, random: () => number): number {
  return Math.min(2000, 50 * 2 ** attempts) * random()
}
