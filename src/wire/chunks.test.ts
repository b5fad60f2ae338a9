import { isUtf8 } from 'node:buffer'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText, jsonTexts, piecesOf } from '../../test/kit/json-texts.ts'
import { areUtf8, chunksInclude, sliceChunks } from './chunks.ts'
import { Member } from './members.ts'
import { createMessageReader } from './message.ts'

const cuts = fc.array(fc.nat(), { maxLength: 8 })

/** Text, and bytes that are nearly text: a byte changed or cut off. */
const nearlyText = fc
  .tuple(
    anyText,
    fc.option(fc.tuple(fc.nat(), fc.constantFrom(0x80, 0xbf, 0xc3, 0xe2, 0xf0, 0xff))),
  )
  .map(([text, harm]) => {
    const bytes = Buffer.from(text)
    if (harm && bytes.length > 0) bytes[harm[0] % bytes.length] = harm[1]
    return harm && harm[0] % 3 === 0 ? bytes.subarray(0, harm[0] % (bytes.length + 1)) : bytes
  })

test('chunks are UTF-8 exactly when they are together, wherever they are cut', () => {
  fc.assert(
    fc.property(nearlyText, cuts, (bytes, places) => {
      expect(areUtf8(piecesOf(bytes, places))).toBe(isUtf8(bytes))
    }),
    { numRuns: 3000 },
  )
})

test('every character is told whole when its bytes come one by one', () => {
  for (const text of ['é', '漢', '😀', 'aé漢😀b']) {
    const bytes = Buffer.from(text)
    const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))

    expect(areUtf8(single)).toBe(true)
    expect(areUtf8(single.slice(0, -1))).toBe(text.endsWith('b'))
    expect(areUtf8(single.slice(1))).toBe(text.startsWith('a'))
  }
})

test('a part is the same from the chunks as from the whole', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      cuts,
      fc.nat(),
      fc.nat(),
      (array, places, a, b) => {
        const bytes = Buffer.from(array)
        const [start = 0, end = 0] = [a, b]
          .map((at) => at % (bytes.length + 1))
          .toSorted((one, other) => one - other)

        expect(
          sliceChunks(piecesOf(bytes, places), start, end).equals(bytes.subarray(start, end)),
        ).toBe(true)
      },
    ),
  )
})

test('a part of one chunk is not copied', () => {
  const chunk = Buffer.from('abcdef')

  expect(sliceChunks([Buffer.from('xy'), chunk], 3, 5).buffer).toBe(chunk.buffer)
})

test('finds a text over any number of borders, and no text that is not there', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[ab]{0,30}$/),
      fc.stringMatching(/^[ab]{1,6}$/),
      cuts,
      (text, word, places) => {
        const bytes = Buffer.from(text)

        expect(chunksInclude(piecesOf(bytes, places), word)).toBe(bytes.includes(word))
      },
    ),
    { numRuns: 2000 },
  )
})

test('a message in chunks says the same as the message in one piece', () => {
  const read = createMessageReader()
  fc.assert(
    fc.property(jsonTexts, anyText, cuts, (value, text, places) => {
      const name = JSON.stringify(text)
      const bytes = Buffer.from(
        `{"jsonrpc": "2.0","params":{"name":${name},"arguments":${value}},"id":7, "method":${name}}`,
      )
      const [chunked, whole] = [read(piecesOf(bytes, places)), read(bytes)]

      expect(chunked.kind).toBe(whole.kind)
      expect(chunked.method).toBe(text)
      for (const member of [Member.id, Member.name, Member.arguments, Member.uri]) {
        expect(chunked.start(member)).toBe(whole.start(member))
        expect(chunked.end(member)).toBe(whole.end(member))
        expect(chunked.raw(member)).toBe(whole.raw(member))
        expect(chunked.text(member)).toBe(whole.text(member))
        expect(chunked.byteAt(chunked.start(member))).toBe(whole.byteAt(whole.start(member)))
      }
      expect(chunked.mentions('"arguments"')).toBe(true)
      expect(chunked.mentions('"argumentz"')).toBe(whole.mentions('"argumentz"'))
      expect(chunked.bytes.equals(bytes)).toBe(true)
    }),
    { numRuns: 300 },
  )
})
