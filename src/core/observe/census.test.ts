import { expect, test } from 'vitest'
import { createCensus } from './census.ts'

test('what is counted is counted when it is asked for, and sources of one name are one', () => {
  const census = createCensus()
  const held = new Set<number>()
  census.add({ name: 'timers', count: () => 1 })
  const leaving = census.add({ name: 'calls', count: () => held.size })
  census.add({ name: 'calls', count: () => 5 })
  expect(census.counts()).toEqual({ calls: 5, timers: 1 })

  held.add(1).add(2)
  expect(census.counts()).toEqual({ calls: 7, timers: 1 })
  expect(Object.keys(census.counts())).toEqual(['calls', 'timers'])

  leaving[Symbol.dispose]()
  expect(census.counts()).toEqual({ calls: 5, timers: 1 })
})
