import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Rate } from './rate.ts'

test('lets a burst go at once and says how long the next one has to wait', () => {
  const rate = new Rate({ perSecond: 10, burst: 3 })

  expect([1, 2, 3].map(() => rate.take(1000))).toEqual([0, 0, 0])
  expect(rate.take(1000)).toBe(100)
  expect(rate.take(1060)).toBe(40)
  expect(rate.take(1100)).toBe(0)
  expect(rate.take(1100)).toBe(100)
})

test('can be slower than once a second', () => {
  const rate = new Rate({ perSecond: 0.1, burst: 1 })

  expect(rate.take(0)).toBe(0)
  expect(rate.take(0)).toBe(10_000)
  expect(rate.take(10_000)).toBe(0)
})

test('saves up no more than a burst', () => {
  const rate = new Rate({ perSecond: 1000, burst: 2 })
  rate.take(0)

  expect([1, 2, 3].map(() => rate.take(60_000))).toEqual([0, 0, 1])
})

const perSecond = fc.double({ min: 0.01, max: 5000, noNaN: true })
const burst = fc.double({ min: 1, max: 50, noNaN: true })
const times = fc.array(fc.double({ min: 0, max: 2000, noNaN: true }), { maxLength: 80 })

test('lets no more go than the burst and what the time since then allows', () => {
  fc.assert(
    fc.property(perSecond, burst, times, (rate, atOnce, pauses) => {
      const limit = new Rate({ perSecond: rate, burst: atOnce })
      let [now, gone] = [1e6, 0]
      const since = now
      for (const pause of pauses) {
        now += pause
        if (limit.take(now) === 0) gone++

        expect(gone).toBeLessThanOrEqual(atOnce + ((now - since) * rate) / 1000 + 0.01)
      }
    }),
  )
})

test('whoever waits as long as told may go', () => {
  fc.assert(
    fc.property(perSecond, burst, times, (rate, atOnce, pauses) => {
      const limit = new Rate({ perSecond: rate, burst: atOnce })
      let now = 0.3
      for (const pause of pauses) {
        now += pause
        const waitMs = limit.take(now)
        expect(waitMs).toBeGreaterThanOrEqual(0)
        if (waitMs === 0) continue

        now += waitMs
        expect(limit.take(now)).toBe(0)
      }
    }),
  )
})

test('a sum that rounding made too small does not make anybody wait twice', () => {
  const rate = new Rate({ perSecond: 1, burst: 1 })
  rate.take(4.5945)
  const asked = 418.7023

  const waitMs = rate.take(asked)

  expect(asked + waitMs).toBeLessThan(1004.5945)
  expect(rate.take(asked + waitMs)).toBe(0)
})
