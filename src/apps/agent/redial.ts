const firstMs = 500
const longestMs = 30_000
const comeBackSpreadMs = 1000

/** How long to wait before the next attempt: longer each time, and never as long as everybody else. */
export function redialMs(failures: number, random: () => number): number {
  const mostMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures, 10))
  return Math.round(firstMs / 2 + random() * (mostMs - firstMs / 2))
}

/** The same when the gateway said when to come back: not before, and not all in that moment. */
export function comeBackMs(retryAfterMs: number, random: () => number): number {
  return Math.round(Math.min(longestMs, retryAfterMs) + random() * comeBackSpreadMs)
}
