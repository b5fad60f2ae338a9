import type { Client } from '../client.ts'

type Values = Readonly<Record<string, unknown>>

/** The times in a foreign entry, as ours. */
export function timesOf(flat: Values, unit: Client['timeout']): Values {
  const start =
    millisecondsOf(flat['startup_timeout_sec'], 1000) ??
    millisecondsOf(flat['startup_timeout_ms'], 1)
  const call = millisecondsOf(flat['tool_timeout_sec'], 1000)
  const plain = millisecondsOf(flat['timeout'], perUnit(flat['timeout'], unit))
  const startTimeoutMs = start ?? (unit === 'start' ? plain : undefined)
  const timeoutMs = call ?? (unit === 'start' ? undefined : plain)
  return {
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }
}

/** Nobody waits less than a second by choice, or more than a quarter of an hour: so the unit can be told. */
function perUnit(value: unknown, unit: Client['timeout']): number {
  if (unit === 's') return 1000
  if (unit !== 'unknown') return 1
  return typeof value === 'number' && value < 1000 ? 1000 : 1
}

const longestMs = 86_400_000

/** A time in whole milliseconds within what the configuration allows. */
export function millisecondsOf(value: unknown, factor: number): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !(number > 0) || !Number.isFinite(number)) return undefined
  return Math.min(longestMs, Math.max(1, Math.round(number * factor)))
}
