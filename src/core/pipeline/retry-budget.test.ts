import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RetryBudget } from './retry-budget.ts'

function takeAll(budget: RetryBudget, now: number): number {
  let taken = 0
  while (budget.take(now)) taken++
  return taken
}

function call(budget: RetryBudget, times: number, now: number): void {
  for (let time = 0; time < times; time++) budget.called(now)
}

test('allows ten at once, then three a second when there are hardly any calls', () => {
  const budget = new RetryBudget()

  expect(takeAll(budget, 5000)).toBe(10)
  expect(takeAll(budget, 6000)).toBe(3)
  expect(takeAll(budget, 6300)).toBe(0)
  expect(takeAll(budget, 8000)).toBe(6)
})

test('allows a tenth of the calls when there are many', () => {
  const budget = new RetryBudget()
  takeAll(budget, 0)

  call(budget, 80, 500)
  expect(takeAll(budget, 1000)).toBe(8)
  expect(takeAll(budget, 1000)).toBe(0)
})

test('when every call fails, a tenth of them is sent again, at any rate', () => {
  const budget = new RetryBudget()
  takeAll(budget, 0)
  let taken = 0

  for (let ms = 0; ms < 10_000; ms++) {
    call(budget, 5, ms)
    for (let failed = 0; failed < 5; failed++) if (budget.take(ms)) taken++
  }

  expect(taken).toBeGreaterThan(4990)
  expect(taken).toBeLessThanOrEqual(5010)
})

test('saves up no more than ten', () => {
  const budget = new RetryBudget()
  takeAll(budget, 0)

  call(budget, 5000, 1000)

  expect(takeAll(budget, 3_600_000)).toBe(10)
})

const step = fc.record({ afterMs: fc.nat(400), calls: fc.nat(60), tries: fc.nat(12) })

test('never allows more than ten, a tenth of the calls, and three a second together', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = new RetryBudget()
      let [now, calls, taken] = [0, 0, 0]
      for (const { afterMs, calls: more, tries } of steps) {
        now += afterMs
        call(budget, more, now)
        for (let attempt = 0; attempt < tries; attempt++) if (budget.take(now)) taken++
        calls += more

        expect(taken).toBeLessThanOrEqual(10 + calls / 10 + (now / 1000) * 3 + 1e-6)
      }
    }),
  )
})

test('whoever keeps asking gets what the calls and the time earned, whichever is more', () => {
  const steps = fc.array(fc.record({ afterMs: fc.nat(300), calls: fc.nat(50) }))
  fc.assert(
    fc.property(steps, (all) => {
      const budget = new RetryBudget()
      let [now, calls, taken] = [0, 0, takeAll(budget, 0)]
      for (const { afterMs, calls: more } of all) {
        now += afterMs
        calls += more
        call(budget, more, now)
        taken += takeAll(budget, now)

        const earned = Math.max(calls / 10, (now / 1000) * 3)
        expect(taken).toBeGreaterThan(10 + earned - 1 - 1e-6)
      }
    }),
  )
})
