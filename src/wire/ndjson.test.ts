import { constants } from 'node:buffer'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verifies } from '../../test/requirements/verifies.ts'
import { createLineFramer } from './ndjson.ts'

type Told = { line: string } | { head: string; lengthBytes: number }

function frame(chunks: readonly Buffer[], limitBytes = constants.MAX_LENGTH): Told[] {
  const told: Told[] = []
  const framer = createLineFramer({
    limitBytes,
    onLine: (line) => void told.push({ line: line.toString('latin1') }),
    onOversize: (head, lengthBytes) =>
      void told.push({ head: head.toString('latin1'), lengthBytes }),
  })
  for (const chunk of chunks) framer.push(chunk)
  framer.end()
  return told
}

/** The same promise, said the slow and obvious way. */
function reference(bytes: Buffer, limitBytes: number): Told[] {
  return bytes
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line !== '')
    .map((line) =>
      line.length > limitBytes ? { head: line.slice(0, 4096), lengthBytes: line.length } : { line },
    )
}

function splitAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  )
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

const streams = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\u00ef\u00bb\u00bf', '\u00ef', '{"a":1}'),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'utf8'))

describe('line framer', () => {
  test('any bytes, split anywhere, give the lines a plain split gives', () => {
    const cuts = fc.array(fc.nat({ max: 1000 }), { maxLength: 20 })
    const limits = fc.constantFrom(1, 3, 8, 64, 1 << 20)

    fc.assert(
      fc.property(streams, cuts, limits, (bytes, cutsAt, limitBytes) => {
        expect(frame(splitAt(bytes, cutsAt), limitBytes)).toEqual(reference(bytes, limitBytes))
      }),
      { numRuns: 1000 },
    )
  })

  verifies(
    'wire:stdio:split-character',
    'one byte at a time gives the same lines, also over the limit and across many pieces',
    () => {
      const long = 'x'.repeat(9000)
      const bytes = Buffer.from(`\u{feff}{"a":"ä€😀"}\r\n\r\n${long}\r\n${'y'.repeat(5000)}\nlast`)

      const told = frame(
        Array.from(bytes, (byte) => Buffer.from([byte])),
        5000,
      )

      expect(told).toEqual(reference(bytes, 5000))
      expect(told[1]).toEqual({ head: 'x'.repeat(4096), lengthBytes: 9000 })
      expect(told).toHaveLength(4)
    },
  )

  verifies(
    'wire:stdio:huge-line',
    'a line of 100 MB arrives whole and the next one after it',
    () => {
      const chunk = Buffer.alloc(65_536, 'x')
      const chunks = Array.from({ length: 1600 }, () => chunk)
      const lines: Buffer[] = []
      const framer = createLineFramer({
        limitBytes: 200_000_000,
        onLine: (line) => void lines.push(line),
        onOversize: () => expect.unreachable(),
      })

      for (const piece of [...chunks, Buffer.from('\n{"id":2}\n')]) framer.push(piece)

      expect(lines.map(({ length }) => length)).toEqual([1600 * 65_536, 8])
      expect(lines[0]?.equals(Buffer.concat(chunks))).toBe(true)
    },
  )

  test('a line inside one chunk is a view of it', () => {
    const chunk = Buffer.from('{"a":1}\n{"b":2}\r\n')
    const lines: Buffer[] = []

    createLineFramer({
      limitBytes: 100,
      onLine: (line) => void lines.push(line),
      onOversize: () => expect.unreachable(),
    }).push(chunk)

    expect(lines.map(String)).toEqual(['{"a":1}', '{"b":2}'])
    expect(lines.every((line) => line.buffer === chunk.buffer)).toBe(true)
  })

  test('a line of exactly the limit passes, one byte more is told with its length', () => {
    expect(frame([Buffer.from('12345\r'), Buffer.from('\n')], 5)).toEqual([{ line: '12345' }])
    expect(frame([Buffer.from('123456\r'), Buffer.from('\nok\n')], 5)).toEqual([
      { head: '123456', lengthBytes: 6 },
      { line: 'ok' },
    ])
  })

  test('a line that is too long is told at its end and does not touch the next one', () => {
    const told: string[] = []
    const framer = createLineFramer({
      limitBytes: 1000,
      onLine: (line) => void told.push(line.toString()),
      onOversize: (head, lengthBytes) => void told.push(`${head.length} of ${lengthBytes}`),
    })

    for (let sent = 0; sent < 100; sent += 1) framer.push(Buffer.alloc(65_536, 'x'))
    expect(told).toEqual([])
    framer.push(Buffer.from('\n{"id":2}\n'))

    expect(told).toEqual([`4096 of ${100 * 65_536}`, '{"id":2}'])
  })

  test('a byte order mark is dropped at the start of the stream only', () => {
    const mark = Buffer.from('\u{feff}').toString('latin1')

    expect(frame([Buffer.from('\u{feff}a\n\u{feff}b\n')])).toEqual([
      { line: 'a' },
      { line: `${mark}b` },
    ])
  })
})
