import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/kit/json-texts.ts'
import { fromHeaderValue, toHeaderValue } from './header-value.ts'

test('any text survives a header', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.string()), (text) => {
      const value = toHeaderValue(text)

      expect(fromHeaderValue(value)).toBe(text)
      expect(value).toMatch(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/)
    }),
    { numRuns: 500 },
  )
})

test('plain text stands as it is, everything else in base64', () => {
  expect(['a', 'get_weather', 'with space', '=?base64', '?='].map(toHeaderValue)).toEqual([
    'a',
    'get_weather',
    'with space',
    '=?base64',
    '?=',
  ])
  expect(toHeaderValue('héllo')).toBe('=?base64?aMOpbGxv?=')
  expect(toHeaderValue(' edge')).toBe('=?base64?IGVkZ2U=?=')
  expect(toHeaderValue('')).toBe('=?base64??=')
  expect(toHeaderValue('a\r\nX: 1')).toBe('=?base64?YQ0KWDogMQ==?=')
})

test('text that looks like base64 of ours is not taken for it', () => {
  for (const text of ['=?base64?aGk=?=', '=?BASE64?aGk=?=', '=?base64??='])
    expect(fromHeaderValue(toHeaderValue(text))).toBe(text)
})

test('space around a value is no part of it', () => {
  expect(fromHeaderValue(' \ta b\t ')).toBe('a b')
  expect(fromHeaderValue(' =?base64?aGk=?= ')).toBe('hi')
  expect(fromHeaderValue('\u00a0a\u00a0')).toBe('\u00a0a\u00a0')
})

test('what claims to be base64 and is not stands for nothing', () => {
  for (const inner of ['a', 'aGk', 'aG k', 'a===', '====', 'aGk=aGk=', 'aGé=', '_-8='])
    expect(fromHeaderValue(`=?base64?${inner}?=`), inner).toBeUndefined()
})

test('bytes that are not UTF-8 stand for nothing', () => {
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]) {
    const encoded = Buffer.from(bytes).toString('base64')

    expect(fromHeaderValue(`=?base64?${encoded}?=`)).toBeUndefined()
  }
  expect(fromHeaderValue(toHeaderValue('\ufffd'))).toBe('\ufffd')
})
