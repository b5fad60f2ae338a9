import { expect, test } from 'vitest'

import { fitLine } from './linear-fit.ts'

test('a line through points that lie on one is that line, beyond doubt', () => {
  const points = [1, 2, 3, 4].map((x) => ({ x, y: 2 * x + 5 }))

  expect(fitLine(points)).toEqual({ slope: 2, start: 5, t: Infinity })
})

test('points that only waver have no slope that means anything', () => {
  const points = Array.from({ length: 100 }, (_, x) => ({ x, y: 50 + (x % 2 === 0 ? 3 : -3) }))

  expect(Math.abs(fitLine(points).t)).toBeLessThan(1)
})

test('a slow rise in wavering points is seen', () => {
  const points = Array.from({ length: 100 }, (_, x) => ({
    x,
    y: 50 + 0.2 * x + (x % 2 === 0 ? 3 : -3),
  }))
  const { slope, t } = fitLine(points)

  expect(slope).toBeCloseTo(0.2, 1)
  expect(t).toBeGreaterThan(2.6)
})

test('too few points, or all at once, make a level line', () => {
  expect(fitLine([])).toEqual({ slope: 0, start: 0, t: 0 })
  expect(fitLine([1, 2, 3].map((y) => ({ x: 1, y })))).toEqual({ slope: 0, start: 2, t: 0 })
})
