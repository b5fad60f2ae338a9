import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { clip, forOutput, plain, plainLine } from './plain.ts'

test('what could move the cursor, recolour, reorder or hide text is taken out', () => {
  expect(plain('\u001B[31mred\u001B[0m \u001B]8;;http://x\u0007link\u001B]8;;\u0007')).toBe(
    'red link',
  )
  expect(plain('a\u202Eb\u2066c\u200Bd\u{E0041}e\u009B31mf\u0008\u0000')).toBe('abcdef')
  expect(plain('one\r\ntwo\n\tthree')).toBe('one\ntwo\n\tthree')
  expect(plain('grüße 👩‍👩‍👧 日本')).toBe('grüße 👩‍👩‍👧 日本')
})

test('a name stays on its line', () => {
  expect(plainLine(' a\r\n  b\tc ')).toBe('a b c')
})

test('no text leaves a control character behind', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(plain(text)).not.toMatch(/(?![\n\t])\p{Cc}|\p{Bidi_Control}/u)
      expect(plainLine(text)).not.toMatch(/\p{Cc}/u)
    }),
    { numRuns: 1000 },
  )
})

test('another program gets what was sent', () => {
  const output = { columns: 80, write: () => {} }

  expect(forOutput('\u001B[1mx', { ...output, isTerminal: false })).toBe('\u001B[1mx')
  expect(forOutput('\u001B[1mx', { ...output, isTerminal: true })).toBe('x')
})

test('a long line is cut at a character, not inside one', () => {
  expect(clip('abc', 3)).toBe('abc')
  expect(clip('abcdef', 4)).toBe('abc…')
  expect(clip('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 3)).toBe('👩‍👩‍👧…')
  expect(clip('日本語', 4)).toBe('日…')
})
