import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { createPlainFilter, plain } from './plain.ts'

function filtered(chunks: readonly string[]): string {
  const filter = createPlainFilter()
  return chunks.map((chunk) => filter.push(chunk)).join('') + filter.end()
}

const pieces = [
  '\u001B]8;;http://evil\u001B\\link\u001B]8;;\u0007',
  '\u001B]52;c;aGVsbG8=\u0007',
  '\u001B[2J\u001B[1;31m',
  '\u009B31m',
  '\u001BP1$r\u001B\\',
  '\u001B(B',
  'a\r\nb\rc',
  '\u202E',
  'über 日本 👩‍👩‍👧',
  '\u001B',
  '\u001B]0;no end',
  '\n',
  'plain',
]

test('text comes out the same wherever it is cut into chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { maxLength: 6 }),
      fc.array(fc.nat({ max: 120 }), { maxLength: 8 }),
      (parts, cuts) => {
        const text = parts.join('')
        const ends = [...cuts.toSorted((a, b) => a - b), text.length]
        const chunks = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end))

        expect(filtered(chunks)).toBe(plain(text))
      },
    ),
    { numRuns: 500 },
  )
})

test('a sequence cut in two leaves nothing behind, and what it stands between is kept', () => {
  expect(filtered(['one \u001B', ']52;c;aGVs', 'bG8=\u001B', '\\two \u001B[3', '1mred'])).toBe(
    'one two red',
  )
  expect(filtered(['a\r', '\nb', '\r', 'c\uD83D', '\uDE00'])).toBe('a\nbc😀')
})

test('a sequence that never ends hides nothing of what follows', () => {
  expect(plain('before \u001B]0;title\nafter')).toBe('before 0;title\nafter')
  expect(plain(`\u001B]52;${'x'.repeat(5000)}`)).toContain('x'.repeat(5000))
  expect(plain('\u001B[12')).toBe('12')
})
