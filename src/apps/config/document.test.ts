import { expect, test } from 'vitest'

import { parseDocument, positionOf } from './document.ts'

test.each([
  ['', '1:1: the file is empty'],
  ['{"a" 1}', '1:6: a ":" is expected here'],
  ['{\n  "listen": {}\n  "servers": {}\n}', '3:3: a "," is expected here'],
  ['{"listen": {}', '1:14: a "}" is missing here'],
  ["{'a': 1}", '1:2: this word is not JSON'],
  ['{"a": "b', '1:7: this string is never closed'],
  ['{"a": 1} x', '1:10: '],
  ['/* open', '1:1: this comment is never closed'],
])('broken JSON is told at its place: %j', (text, expected) => {
  expect(() => parseDocument(text, 'gantry.json')).toThrow(`gantry.json:${expected}`)
})

test('deep nesting is refused before anything recurses into it', () => {
  expect(() => parseDocument('['.repeat(100_000), 'f')).toThrow('f:1:65: this is nested deeper')
  expect(parseDocument(`${'['.repeat(64)}${']'.repeat(64)}`, 'f').value).toHaveLength(1)
})

test('brackets in strings and comments do not count as nesting', () => {
  const brackets = '['.repeat(100)

  expect(parseDocument(`["${brackets}" /* ${brackets} */] // ${brackets}`, 'f').value).toEqual([
    brackets,
  ])
})

test('line and column are counted from one, whatever the line ends', () => {
  expect(positionOf('a\nb', 2)).toEqual({ line: 2, column: 1 })
  expect(positionOf('a\r\n bc', 5)).toEqual({ line: 2, column: 3 })
  expect(positionOf('', 0)).toEqual({ line: 1, column: 1 })
})

test('a missing value is placed at what should hold it', () => {
  const { offsetOf } = parseDocument('{"a": {"b": [1, 2]}}', 'f')

  expect(offsetOf(['a', 'b', 1], false)).toBe(16)
  expect(offsetOf(['a', 'b'], true)).toBe(7)
  expect(offsetOf(['a', 'missing', 'deeper'], false)).toBe(1)
})
