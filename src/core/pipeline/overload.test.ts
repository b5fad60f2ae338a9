import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { LoopLag, retryAfterSeconds } from './overload.ts'

/** Samples every quarter of a second; whether it was late after each. */
function sample(lag: LoopLag, delaysMs: readonly number[], from = 0): readonly boolean[] {
  return delaysMs.map((delayMs, index) => {
    lag.sample(delayMs, from + index * 250)
    return lag.isLate
  })
}

test('is late once the delay was above the limit for a second on end', () => {
  const late = sample(new LoopLag({ limitMs: 150 }), [151, 200, 151, 900, 151, 151])

  expect(late).toEqual([false, false, false, false, true, true])
})

test('a single calm sample starts the second over', () => {
  const late = sample(new LoopLag({ limitMs: 150 }), [200, 200, 200, 150, 200, 200, 200, 200])

  expect(late).not.toContain(true)
})

test('is back once the delay was below half the limit for a second on end', () => {
  const lag = new LoopLag({ limitMs: 150 })
  sample(lag, [200, 200, 200, 200, 200])

  expect(sample(lag, [74, 74, 74, 75, 74, 74, 74, 74], 1250)).not.toContain(false)
  expect(sample(lag, [74, 200, 10, 10, 10, 10, 10], 3250).at(-1)).toBe(false)
})

test('a limit of zero is never exceeded', () => {
  expect(sample(new LoopLag({ limitMs: 0 }), Array(20).fill(5000))).not.toContain(true)
})

test('samples without a figure say nothing against it', () => {
  expect(sample(new LoopLag({ limitMs: 150 }), Array(20).fill(Number.NaN))).not.toContain(true)
})

test('never turns twice within a second', () => {
  const delays = fc.array(fc.constantFrom(10, 100, 500), { maxLength: 80 })
  fc.assert(
    fc.property(delays, (delaysMs) => {
      const late = sample(new LoopLag({ limitMs: 150 }), delaysMs)
      const turns = late.flatMap((isLate, index) =>
        isLate === (late[index - 1] ?? false) ? [] : [index * 250],
      )

      for (const [index, at] of turns.entries()) {
        expect(at - (turns[index - 1] ?? 0)).toBeGreaterThanOrEqual(1000)
      }
    }),
  )
})

test('those who are refused are sent away for one, two or three seconds', () => {
  const seconds = [0, 0.32, 0.34, 0.66, 0.67, 0.999].map((draw) => retryAfterSeconds(() => draw))

  expect(seconds).toEqual([1, 1, 2, 2, 3, 3])
})
