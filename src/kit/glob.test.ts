import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesGlob } from './glob.ts'

test.each([
  ['*', '', true],
  ['*', 'anything', true],
  ['', '', true],
  ['', 'a', false],
  ['read_*', 'read_file', true],
  ['read_*', 'read_', true],
  ['read_*', 'write_file', false],
  ['*_file', 'read_file', true],
  ['a*b*c', 'abc', true],
  ['a*b*c', 'acb', false],
  ['ab*ba', 'aba', false],
  ['**', 'x', true],
  ['a.c', 'abc', false],
  ['[a]', 'a', false],
])('%j on %j is %s', (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected)
})

test('a star stands for any characters, everything else for itself', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 8 })
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 })
  fc.assert(
    fc.property(letters, texts, (pattern, text) => {
      expect(matchesGlob(pattern, text)).toBe(matchesSlowly(pattern, text))
    }),
    { numRuns: 2000 },
  )
})

/** Says the same by trying everything. */
function matchesSlowly(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern.startsWith('*'))
    return (
      matchesSlowly(pattern.slice(1), text) ||
      (text !== '' && matchesSlowly(pattern, text.slice(1)))
    )
  return pattern[0] === text[0] && text !== '' && matchesSlowly(pattern.slice(1), text.slice(1))
}

test('a pattern that drives a backtracking matcher mad is decided like any other', () => {
  const pattern = `${'*a'.repeat(100)}*b`

  expect(matchesGlob(pattern, 'a'.repeat(50_000))).toBe(false)
})
