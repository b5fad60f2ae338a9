import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { piecesOf } from '../../../test/kit/json-texts.ts'
import { ChunkedDecoder } from './chunked.ts'
import { HttpError } from './head.ts'

function decode(pieces: readonly Buffer[]) {
  const decoder = new ChunkedDecoder()
  const data: Buffer[] = []
  let used = 0
  for (const piece of pieces) {
    if (!decoder.isDone) used += decoder.push(piece, (part) => void data.push(Buffer.from(part)))
  }
  return { text: Buffer.concat(data).toString('latin1'), used, isDone: decoder.isDone }
}

const decodeText = (text: string) => decode([Buffer.from(text, 'latin1')])

const bodies = fc.record({
  chunks: fc.array(fc.stringMatching(/^[\s\S]{1,40}$/), { maxLength: 5 }),
  extension: fc.constantFrom('', ';a', ';a=b;c', ';q="x y"'),
  trailer: fc.constantFrom('', 'X: 1\r\n', 'X: 1\r\nY:\r\n'),
  behind: fc.constantFrom('', 'HTTP/1.1 200 OK\r\n'),
  cuts: fc.array(fc.nat(), { maxLength: 6 }),
})

test('gives back what was chunked, wherever it is split, and says where it ended', () => {
  fc.assert(
    fc.property(bodies, ({ chunks, extension, trailer, behind, cuts }) => {
      const bytes = chunks.map((chunk) => Buffer.from(chunk))
      const framed = bytes.map((chunk) => {
        const size = chunk.length.toString(16)
        return `${size}${extension}\r\n${chunk.toString('latin1')}\r\n`
      })
      const body = `${framed.join('')}0${extension}\r\n${trailer}\r\n`
      const pieces = piecesOf(Buffer.from(body + behind, 'latin1'), cuts)

      expect(decode(pieces)).toEqual({
        text: Buffer.concat(bytes).toString('latin1'),
        used: body.length,
        isDone: true,
      })
    }),
    { numRuns: 500 },
  )
})

test.each([
  ['a size that is none', 'x\r\n'],
  ['no size', '\r\n'],
  ['a size of more than 4 GB', '100000000\r\n'],
  ['a sign', '+5\r\nhello\r\n0\r\n\r\n'],
  ['a bare line feed after a size', '5\nhello\r\n0\r\n\r\n'],
  ['a bare line feed after data', '5\r\nhello\n0\r\n\r\n'],
  ['a bare carriage return', '5\rhello'],
  ['more data than announced', '4\r\nhello\r\n'],
  ['an extension with a control character', '5;a\x01\r\n'],
  ['an extension whose quotes stay open', '5;a="b\r\n'],
  ['a trailer that is no header', '0\r\nnonsense\r\n\r\n'],
  ['a trailer with a folded line', '0\r\nX: 1\r\n more\r\n\r\n'],
  ['a trailer that frames anew', '0\r\ncontent-length: 7\r\n\r\n'],
  ['a trailer that encodes anew', '0\r\nTransfer-Encoding: chunked\r\n\r\n'],
])('refuses %s', (_what, text) => {
  expect(() => decodeText(text)).toThrow(HttpError)
})

test('is not done before the blank line at its end', () => {
  for (const text of ['', '5', '5\r\nhel', '5\r\nhello\r\n', '0\r\n', '0\r\nX: 1\r\n']) {
    expect(decodeText(text).isDone, JSON.stringify(text)).toBe(false)
  }
})
