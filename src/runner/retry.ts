import type { Failed } from './verdict.ts'

export interface RetryRule {
  readonly maxRetries: number
  readonly retryDelayMs: number
}

export interface RetryFacts {
  /** How often the program was started. */
  readonly attempts: number
  /** How long the run may still go on. */
  readonly leftMs: number
  readonly nowMs: number
  /** From 0 to 1. */
  readonly random: number
}

const longestMs = 60_000

/**
 * How long to wait before the program is started again; undefined: not at all. It is only when it was refused before
 * it did anything, for a reason that passes within seconds, and when the run has the time for it.
 */
export function retryDelay(failed: Failed, rule: RetryRule, facts: RetryFacts): number | undefined {
  const isPassing = failed.failure === 'rate_limit' || failed.failure === 'overloaded'
  if (!failed.isRefusal || !isPassing || facts.attempts > rule.maxRetries) return undefined
  const delayMs = Math.max(backoff(rule, facts), askedFor(failed, facts.nowMs))
  return delayMs < facts.leftMs ? delayMs : undefined
}

/** Twice as long each time, of which half is left to chance, so that many do not come back at once. */
function backoff({ retryDelayMs }: RetryRule, { attempts, random }: RetryFacts): number {
  const fullMs = Math.min(longestMs, retryDelayMs * 2 ** Math.min(attempts - 1, 30))
  return Math.round(fullMs / 2 + (fullMs / 2) * random)
}

function askedFor({ retryAfterMs = 0, resetsAtMs }: Failed, nowMs: number): number {
  return Math.max(retryAfterMs, resetsAtMs === undefined ? 0 : resetsAtMs - nowMs)
}
