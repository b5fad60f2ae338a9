import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { parseExact } from './exact-json.ts'

test.each([
  '9007199254740993',
  '-9007199254740993',
  '1e400',
  '0.12345678901234567890',
  '1234567890.12345678901',
])('%s comes out as it went in', (number) => {
  const value = parseExact(`{"n":[${number}]}`)

  expect(JSON.stringify(value)).toBe(`{"n":[${number}]}`)
})

test('an ordinary number stays a number', () => {
  expect(parseExact('[0, -1, 1.5, 1e3, 9007199254740991, 123456789012345]')).toEqual([
    0, -1, 1.5, 1000, 9007199254740991, 123456789012345,
  ])
  expect(parseExact('0.30000000000000004')).toBe(0.1 + 0.2)
})

test('agrees with JSON.parse on everything JSON.stringify prints', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      expect(JSON.parse(JSON.stringify(parseExact(text)))).toEqual(JSON.parse(text))
    }),
  )
})

test('refuses what is not JSON', () => {
  expect(() => parseExact('{a:1}')).toThrow(SyntaxError)
})
