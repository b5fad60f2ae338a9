import type { Requirement } from './requirement.ts'

/** What happens to a call between its client and its server. */
export const rules = [
  {
    id: 'call:idempotency-key',
    text: 'A tools/call with `_meta["gantry/idempotencyKey"]` runs once: duplicates join it or get its outcome for ten minutes, other arguments are refused, what did not run may be tried again',
    source: 'reliability: retry rule, 6',
  },
  {
    id: 'call:limits:rate',
    text: 'Calls beyond ratePerSecond of a server or a tool are refused as rate_limited with the time to wait',
    source: 'reliability: overload',
  },
  {
    id: 'call:limits:total',
    text: 'Calls beyond limits.calls are refused as overloaded with the time to wait',
    source: 'reliability: overload',
  },
  {
    id: 'call:breaker',
    text: 'Calls to an address whose connections mostly fail are refused until it answers the gateway; answers, cancels and refusals never count',
    source: 'reliability: overload',
  },
] as const satisfies readonly Requirement[]
