/** What to do about something that is over by itself. */
export function waitRemedy(retryAfterMs: number | undefined): string {
  if (retryAfterMs === undefined) return 'Try again in a moment.'
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  return `Try again in ${seconds} second${seconds === 1 ? '' : 's'}.`
}
