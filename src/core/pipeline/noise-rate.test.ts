import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { NoiseRate } from './noise-rate.ts'

/** Hears so many lines in each second in turn; in which second it was too much. */
function hear(lines: readonly number[], from = 0): number | undefined {
  const noise = new NoiseRate()
  for (const [second, count] of lines.entries()) {
    for (let line = 0; line < count; line++) {
      if (noise.heard(from + second * 1000 + (line * 1000) / count)) return second
    }
  }
  return undefined
}

test('more than a hundred lines in each of ten seconds are too much', () => {
  expect(hear(Array(10).fill(101))).toBe(9)
  expect(hear(Array(10).fill(5000), 123_456)).toBe(9)
})

test('a hundred lines a second are not, nor a great many in nine seconds', () => {
  expect(hear(Array(60).fill(100))).toBeUndefined()
  expect(hear([...Array(9).fill(5000), 100])).toBeUndefined()
})

test('one quiet or silent second starts the count over', () => {
  expect(hear([...Array(9).fill(500), 1, ...Array(9).fill(500)])).toBeUndefined()
  expect(hear([...Array(9).fill(500), 0, ...Array(10).fill(500)])).toBe(19)
  expect(hear([500, 0, 0, 0, ...Array(10).fill(500)])).toBe(13)
})

test('is too much in the tenth noisy second on end, and never before', () => {
  const counts = fc.array(fc.constantFrom(1, 100, 101, 150, 200), { maxLength: 40 })
  fc.assert(
    fc.property(counts, (lines) => {
      const expected = lines.findIndex(
        (_, second) =>
          second >= 9 && lines.slice(second - 9, second + 1).every((count) => count > 100),
      )

      expect(hear(lines) ?? -1).toBe(expected)
    }),
  )
})
