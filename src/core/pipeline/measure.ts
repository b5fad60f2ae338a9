import type { Rule } from '../call/call.ts'

/** Counts what calls come to, and how long they take. */
export function withMeasure(now: () => number): Rule {
  return (next) => (call, done) => {
    const { stats } = call.spec.to
    const began = now()
    stats.began()
    next(call, (outcome) => {
      stats.ended(outcome, now() - began)
      done(outcome)
    })
  }
}
