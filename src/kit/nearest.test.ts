import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { editDistance, nearest } from './nearest.ts'

test('finds the name that differs by one slip', () => {
  expect(nearest('comand', ['args', 'command', 'cwd'])).toBe('command')
  expect(nearest('ehco', ['add', 'echo', 'clock'])).toBe('echo')
  expect(nearest('TIMEOUTMS', ['timeoutMs'])).toBe('timeoutMs')
})

test('prefers the nearer of two and the earlier of equals', () => {
  expect(nearest('read_fil', ['read_files', 'read_file'])).toBe('read_file')
  expect(nearest('bat', ['cat', 'hat'])).toBe('cat')
})

test('suggests nothing when no name is near', () => {
  expect(nearest('zzzzzz', ['add', 'echo'])).toBeUndefined()
  expect(nearest('a', ['bc', 'xyz'])).toBeUndefined()
  expect(nearest('anything', [])).toBeUndefined()
})

test('counts a swap of two neighbours as one step', () => {
  expect(editDistance('ab', 'ba', 10)).toBe(1)
  expect(editDistance('kitten', 'sitting', 10)).toBe(3)
  expect(editDistance('', 'abc', 10)).toBe(3)
})

test('is symmetric, zero only for equal words, and never above its limit', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.integer({ min: 1, max: 12 }), (a, b, limit) => {
      expect(editDistance(a, b, limit)).toBe(editDistance(b, a, limit))
      expect(editDistance(a, b, limit)).toBeLessThanOrEqual(limit)
      expect(editDistance(a, b, limit) === 0).toBe(a === b)
    }),
  )
})
