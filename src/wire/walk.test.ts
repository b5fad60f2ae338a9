import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonTexts } from '../../test/kit/json-texts.ts'
import { partNamed, partsOf, valueEnd } from './walk.ts'

/** What a text says, read with `partsOf` alone; numbers and words by JSON.parse. */
function walked(bytes: Buffer, start: number): unknown {
  const first = bytes[start]
  if (first === 0x5b) return partsOf(bytes, start).map((part) => walked(bytes, part.start))
  if (first === 0x7b) {
    return Object.fromEntries(
      partsOf(bytes, start).map((part) => [
        JSON.parse(Buffer.from(`"${part.key}"`, 'latin1').toString()),
        walked(bytes, part.start),
      ]),
    )
  }
  return JSON.parse(bytes.toString('utf8', start, valueEnd(bytes, start)))
}

const firstByte = (bytes: Buffer) => bytes.findIndex((byte) => byte > 0x20)

test('walking over a text finds what JSON.parse finds', () => {
  fc.assert(
    fc.property(jsonTexts, (text) => {
      const bytes = Buffer.from(text)

      expect(walked(bytes, firstByte(bytes))).toEqual(JSON.parse(text))
    }),
    { numRuns: 2000 },
  )
})

test('each part lies exactly where its value and its key are', () => {
  fc.assert(
    fc.property(jsonTexts, (text) => {
      const bytes = Buffer.from(text)
      for (const part of partsOf(bytes, firstByte(bytes))) {
        const value = bytes.toString('utf8', part.start, part.end)
        const isMember = bytes[firstByte(bytes)] === 0x7b
        const first = isMember ? `"${part.key}"` : Buffer.from(value).toString('latin1')

        expect(value).toBe(value.trim())
        expect(() => JSON.parse(value) as unknown).not.toThrow()
        expect(bytes.toString('latin1', part.keyStart).startsWith(first)).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

test('finds a member by its exact key, the first where there are several', () => {
  const bytes = Buffer.from(' { "a" : 1 , "b\\"" : {"a":2}, "é":3, "a":4 } ')

  expect(partNamed(bytes, 'a', 1)).toMatchObject({ keyStart: 3, start: 9, end: 10 })
  expect(partNamed(bytes, 'b\\"', 1)).toMatchObject({ key: 'b\\"' })
  expect(partNamed(bytes, 'b"', 1)).toBeUndefined()
  expect(partNamed(bytes, 'Ã©', 1)).toBeDefined()
  expect(partNamed(bytes, 'c', 1)).toBeUndefined()
})

test('what is neither an object nor a list has no parts', () => {
  for (const text of ['"{}"', '12', 'true', 'null']) expect(partsOf(Buffer.from(text))).toEqual([])
  expect(partsOf(Buffer.from('{}'))).toEqual([])
  expect(partsOf(Buffer.from('[ \n ]'))).toEqual([])
})

test('a string ends at the first quote that is not escaped', () => {
  for (const inner of ['', '\\"', '\\\\', '\\\\\\"', 'a\\\\\\\\', '[{', '\\u0022']) {
    const text = `"${inner}"`

    expect(valueEnd(Buffer.from(`${text},"next"`), 0)).toBe(text.length)
  }
})
