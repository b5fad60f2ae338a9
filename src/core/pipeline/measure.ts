import type { Rule } from '../call/call.ts'

/** Counts what calls come to, and how long they take. */
export function withMeasure(now: () => number): Rule {
  return (next) => (call, done) => {
    const { stats } = call.spec.to
    const began = now()
    stats.began()
    next(call, (outcome) => {
      // How long a person takes says nothing of the server.
      stats.ended(outcome, now() - began - call.heldMs)
      done(outcome)
    })
  }
}
