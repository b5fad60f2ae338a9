import { expect, test } from 'vitest'

import { clip, cutRows, padColumns, textWidth } from './text-width.ts'

test('a text is as wide as a terminal shows it', () => {
  expect(
    ['abc', '日本', 'e\u0301', '👩‍👩‍👧', 'ｆ', '\u001B[31mred\u001B[0m', ''].map(textWidth),
  ).toEqual([3, 4, 1, 2, 2, 3, 0])
})

test('rows and cuts never split a character', () => {
  expect(cutRows('a日本b', 3)).toEqual(['a日', '本b'])
  expect(cutRows('', 3)).toEqual([''])
  expect(cutRows('日', 1)).toEqual(['日'])
  expect(clip('a日本b', 4)).toBe('a日…')
  expect(padColumns('日', 4)).toBe('日  ')
})
