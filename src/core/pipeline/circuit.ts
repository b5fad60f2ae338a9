import { GatewayError } from '../../contract/gateway-error.ts'
import type { Breaker } from './breaker.ts'
import type { Outcome, Rule } from '../call/call.ts'

/** Does not try what has just failed again and again: the gateway itself finds out when it is worth it. */
export function withCircuit(now: () => number): Rule {
  return (next) => (call, done) => {
    const { server, to } = call.spec
    const { breaker } = to.guard
    if (!breaker.admits(now())) {
      to.stats.shed('breaker')
      const error = new GatewayError('server_resting', {
        server,
        reason: 'most of its last calls failed on the way',
        retryAfterMs: Math.max(100, Math.round(breaker.opensUntil - now())),
      })
      return done({ kind: 'failure', error, phase: 'not_sent' })
    }
    next(call, (outcome) => {
      if (outcome.kind === 'reply') breaker.succeeded(now())
      else if (isOutage(outcome, to.guard.countsLosses)) {
        const wasOpen = isOpen(breaker)
        breaker.failed(now())
        if (!wasOpen && isOpen(breaker)) to.rests()
        if (outcome.error.code === 'deadline_exceeded') to.timedOut()
      }
      done(outcome)
    })
  }
}

function isOpen({ state }: Breaker): boolean {
  return state === 'open'
}

/** What says that the way to the server is broken: never what it answered, nor what its callers gave up. */
function isOutage(
  { error }: Outcome & { readonly kind: 'failure' },
  countsLosses: boolean,
): boolean {
  if (error.code === 'deadline_exceeded') return true
  return countsLosses && (error.code === 'server_unreachable' || error.code === 'server_lost')
}
