import { expect, test } from 'vitest'
import { Wedge } from './wedge.ts'

test('strikes out when three calls in a row outlast their time', () => {
  const wedge = new Wedge()

  expect([1, 2, 3, 4].map(() => wedge.timedOut())).toEqual([false, false, true, true])
})

test('any answer in between starts the count over', () => {
  const wedge = new Wedge(2)

  expect(wedge.timedOut()).toBe(false)
  wedge.answered()
  expect(wedge.timedOut()).toBe(false)
  expect(wedge.timedOut()).toBe(true)

  wedge.answered()
  expect(wedge.timedOut()).toBe(false)
})
