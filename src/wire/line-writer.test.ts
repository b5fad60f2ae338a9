import { Writable } from 'node:stream'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText, piecesOf } from '../../test/kit/json-texts.ts'
import { toUtf8 } from './bytes.ts'
import { createLineWriter } from './line-writer.ts'

/** A stream that keeps each write that reaches it. */
function collector() {
  const writes: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk)
      done()
    },
    writev(chunks, done) {
      writes.push(Buffer.concat(chunks.map(({ chunk }) => chunk)))
      done()
    },
  })
  return { stream, writes }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('messages are lines in the order they were written, in text or in pieces', async () => {
  const message = fc.tuple(anyText, fc.constantFrom(0, 2), fc.option(fc.array(fc.nat())))
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 6 }), async (messages) => {
      const { stream, writes } = collector()
      const write = createLineWriter(stream)
      for (const [text, indent, cuts] of messages) {
        const json = JSON.stringify({ text }, null, indent)
        write(cuts ? piecesOf(Buffer.from(json), cuts) : toUtf8(json))
      }
      await turn()

      const lines = Buffer.concat(writes).toString().split('\n')
      expect(lines.pop()).toBe('')
      expect(lines.map((line) => JSON.parse(line).text)).toEqual(messages.map(([text]) => text))
    }),
    { numRuns: 100 },
  )
})

test('what is said in one turn is one write', async () => {
  const { stream, writes } = collector()
  const write = createLineWriter(stream)

  for (const text of ['{"a":1}', '{"b":\r\n2}', '{"c":3}']) write(text)
  await turn()
  write('{"d":4}')
  await turn()

  expect(writes.map(String)).toEqual(['{"a":1}\n{"b":  2}\n{"c":3}\n', '{"d":4}\n'])
})

test('a message in pieces is one write', async () => {
  const { stream, writes } = collector()
  const write = createLineWriter(stream)

  write([Buffer.from('{"a":\n'), Buffer.from('1}')])
  await turn()

  expect(writes.map(String)).toEqual(['{"a": 1}\n'])
})

test('nothing is written to a stream that has ended', async () => {
  const { stream, writes } = collector()
  const write = createLineWriter(stream)
  write('{}')
  stream.destroy()
  write([Buffer.from('{}')])
  await turn()

  expect(writes).toEqual([])
})
