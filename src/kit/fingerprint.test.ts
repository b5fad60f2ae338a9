import { expect, test } from 'vitest'
import { fingerprint } from './fingerprint.ts'

test('lists that differ in what is in them, in order or in where one text ends differ', () => {
  const lists = [[], [''], ['', ''], ['a'], ['b'], ['a', 'b'], ['b', 'a'], ['ab'], ['a\u0000b']]

  expect(new Set(lists.map((list) => fingerprint(list))).size).toBe(lists.length)
  expect(fingerprint(new Set(['a', 'b']))).toBe(fingerprint(['a', 'b']))
})
