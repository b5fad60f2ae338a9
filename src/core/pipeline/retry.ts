import type { Call, Done, Outcome, Phase, Rule } from '../call/call.ts'

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

const maxRetries = 2

/** The retry rule: what was not sent may be sent again; what may have run only when repeating it is harmless. */
export function mayRetry(phase: Phase, isRepeatable: boolean, attempts: number): boolean {
  if (attempts > maxRetries || phase === 'answered') return false
  return phase === 'not_sent' || isRepeatable
}

/** Sends a failed call again where the retry rule allows it, after a pause chosen by `pauseMs`. */
export function withRetry(
  wait: (ms: number, then: () => void) => void,
  pauseMs: (attempt: number) => number,
): Rule {
  return (next) => {
    function attempt(call: Call, done: Done): void {
      call.attempts++
      next(call, (outcome) => {
        if (outcome.kind === 'reply' || (!outcome.error.retryable && outcome.phase === 'not_sent'))
          return done(outcome)
        if (call.cancelled || !mayRetry(outcome.phase, call.spec.isRepeatable, call.attempts))
          return done(outcome)
        // A call that may have run once may have run, whatever its last attempt came to.
        const finish: Done =
          outcome.phase === 'not_sent' ? done : (last) => done(atLeast(outcome.phase, last))
        let isWaiting = true
        call.abort = (error) => {
          isWaiting = false
          done({ kind: 'failure', error, phase: outcome.phase })
        }
        wait(pauseMs(call.attempts), () => {
          if (!isWaiting) return
          call.abort = undefined
          attempt(call, finish)
        })
      })
    }
    return attempt
  }
}

function atLeast(phase: Phase, outcome: Outcome): Outcome {
  return outcome.kind === 'failure' && outcome.phase === 'not_sent'
    ? { ...outcome, phase }
    : outcome
}

/** Full jitter over 50 ms doubled with each attempt, never above 2 s. */
export function jitteredPauseMs(attempt: number, random: () => number): number {
  return Math.min(2000, 50 * 2 ** attempt) * random()
}
