import type { Rule, Step } from '../call/call.ts'

/** Applies rules outermost first: `pipeline([deadline, retry], send)`. */
export function pipeline(rules: readonly Rule[], send: Step): Step {
  return rules.reduceRight((next, rule) => rule(next), send)
}
