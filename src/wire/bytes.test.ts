import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText, piecesOf } from '../../test/kit/json-texts.ts'
import { verifies } from '../../test/requirements/verifies.ts'
import type { Edit } from './bytes.ts'
import { fromUtf8, payloadLength, splice, spliceChunks, toBuffer, toJson, toUtf8 } from './bytes.ts'

/** Bytes on both sides of the size where joining gives way to pieces. */
const someBytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.integer({ min: 15_000, max: 16_000 }).map((length) => Buffer.alloc(length, 'abc')),
)
const someEdits = fc.array(fc.tuple(fc.nat(), fc.stringMatching(/^[ -~]{0,6}$/)), {
  maxLength: 5,
})

/** Edits in order that do not overlap, from any numbers. */
function editsFrom(raw: readonly (readonly [number, string])[], length: number): Edit[] {
  const places = raw.flatMap(([at, text]) => [
    at % (length + 1),
    (at * 7 + text.length) % (length + 1),
  ])
  places.sort((a, b) => a - b)
  return raw.map(([, text], index) => ({
    start: places[index * 2] ?? 0,
    end: places[index * 2 + 1] ?? 0,
    text,
  }))
}

verifies(
  'wire:splice:exact',
  'puts each text in its place and leaves every other byte as it was',
  () => {
    fc.assert(
      fc.property(someBytes, someEdits, (array, raw) => {
        const bytes = Buffer.from(array)
        const before = Buffer.from(bytes)
        const edits = editsFrom(raw, bytes.length)
        const payload = splice(bytes, edits)

        const expected: Buffer[] = []
        let at = 0
        for (const { start, end, text } of edits) {
          expected.push(bytes.subarray(at, start), Buffer.from(text, 'latin1'))
          at = end
        }
        expected.push(bytes.subarray(at))

        expect(toBuffer(payload).equals(Buffer.concat(expected))).toBe(true)
        expect(payloadLength(payload)).toBe(Buffer.concat(expected).length)
        expect(bytes.equals(before)).toBe(true)
      }),
      { numRuns: 500 },
    )
  },
)

verifies('wire:splice:exact', 'gives the same for a message that came in chunks', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      someEdits,
      fc.array(fc.nat(), { maxLength: 6 }),
      (array, raw, cuts) => {
        const bytes = Buffer.from(array)
        const edits = editsFrom(raw, bytes.length)
        const pieces = spliceChunks(piecesOf(bytes, cuts), edits)

        expect(toBuffer(pieces).equals(toBuffer(splice(bytes, edits)))).toBe(true)
      },
    ),
    { numRuns: 2000 },
  )
})

test('a large message is not copied: what is left of it are parts of it', () => {
  const bytes = Buffer.alloc(100_000, 'x')
  const payload = splice(bytes, [{ start: 10, end: 11, text: 'id' }])
  const last = typeof payload === 'string' ? undefined : payload.at(-1)

  expect(payloadLength(payload)).toBe(100_001)
  expect(last?.length).toBe(99_989)
  expect(last?.buffer).toBe(bytes.buffer)
})

test('a payload of one piece is that piece, and one of none is empty', () => {
  const piece = Buffer.from('abc')

  expect(toBuffer([piece])).toBe(piece)
  expect(toBuffer([])).toEqual(Buffer.alloc(0))
  expect(payloadLength([])).toBe(0)
})

test('text goes to UTF-8 bytes and back', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(Buffer.from(toUtf8(text), 'latin1').equals(Buffer.from(text))).toBe(true)
      expect(fromUtf8(toUtf8(text))).toBe(text)
    }),
  )
})

test('a value is printed as the JSON that JSON.parse reads back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const printed = Buffer.from(toJson(value), 'latin1').toString()

      expect(printed).toBe(JSON.stringify(value))
    }),
  )
})
