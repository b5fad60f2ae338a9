import { expect, test } from 'vitest'
import { createPrinted } from './printed.ts'

const saying = (...said: readonly string[]) => ({
  stderrTail: (lines = said.length) => said.slice(-lines),
})

test('what a program said that ended is shown before what its successor says', () => {
  const printed = createPrinted()
  printed.started('a', saying('older'))
  printed.started('a', saying('the disk', 'is on fire'))
  printed.started('a', saying('up'))
  printed.started('b', saying('b'))

  expect(printed.tail('a', 50)).toEqual(['the disk', 'is on fire', 'up'])
  expect(printed.tail('a', 2)).toEqual(['is on fire', 'up'])
  expect(printed.tail('unknown', 2)).toEqual([])
})

test('a successor that has said nothing yet hides nothing', () => {
  const printed = createPrinted()
  printed.started('a', saying('the disk is on fire'))
  printed.started('a', saying())

  expect(printed.tail('a', 1)).toEqual(['the disk is on fire'])
})
