import type { RunFailure } from '../../contract/llm.ts'

/** What an HTTP status of a provider means for a run. */
export function failureOfStatus(status: unknown): RunFailure {
  switch (status) {
    case 429:
      return 'rate_limit'
    case 401:
    case 403:
      return 'auth'
    case 402:
      return 'usage_limit'
    case 500:
    case 502:
    case 503:
    case 504:
    case 529:
      return 'overloaded'
    case 400:
    case 404:
    case 422:
      return 'invalid'
    default:
      return 'failed'
  }
}

/** The status that programs put into the text of an error they report; not for answers. */
export function statusIn(message: string): number | undefined {
  const [, status] = /\b(?:status:? (?:code )?|API Error: )([1-5]\d\d)\b/i.exec(message) ?? []
  return status === undefined ? undefined : Number(status)
}

/** `Retry-After` in milliseconds: seconds, or a date. */
export function retryAfterMs(value: unknown, nowMs: number): number | undefined {
  if (typeof value === 'number') return value >= 0 ? Math.ceil(value * 1000) : undefined
  if (typeof value !== 'string' || value === '') return undefined
  if (/^\d{1,7}(?:\.\d{1,3})?$/.test(value)) return Math.ceil(Number(value) * 1000)
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
