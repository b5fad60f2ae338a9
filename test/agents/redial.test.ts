import { expect } from 'vitest'
import { comeBackMs, redialMs } from '../../src/apps/agent/redial.ts'
import { verifies } from '../requirements/verifies.ts'

verifies('agents:redial:jitter', 'each attempt waits longer, up to half a minute', () => {
  const longest = Array.from({ length: 40 }, (_, failures) => redialMs(failures, () => 1))
  expect(longest.slice(0, 4)).toEqual([500, 1000, 2000, 4000])
  expect(longest).toEqual(longest.toSorted((a, b) => a - b))
  expect(Math.max(...longest)).toBe(30_000)
})

verifies('agents:redial:jitter', 'of a thousand that lost their gateway few come at once', () => {
  for (const failures of [1, 3, 8]) {
    const waits = Array.from({ length: 1000 }, () => redialMs(failures, Math.random))
    const mostMs = redialMs(failures, () => 1)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(250)
    // In no tenth of the time comes more than a quarter of them.
    const tenths = Map.groupBy(waits, (ms) => Math.floor((10 * (ms - 250)) / (mostMs - 250)))
    for (const some of tenths.values()) expect(some.length).toBeLessThan(250)
  }
})

verifies(
  'agents:redial:jitter',
  'who is told when to come back comes neither earlier nor much later',
  () => {
    const waits = Array.from({ length: 100 }, () => comeBackMs(2000, Math.random))
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(2000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(3000)
    expect(new Set(waits).size).toBeGreaterThan(50)
    expect(comeBackMs(1e9, () => 1)).toBe(31_000)
  },
)
