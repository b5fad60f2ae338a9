import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { eventData } from './event-stream.ts'

async function read(chunks: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for await (const data of eventData(asyncly(chunks))) found.push(data)
  return found
}

async function* asyncly(chunks: readonly string[]): AsyncGenerator<string> {
  yield* chunks
}

test('reads the data of each event, whatever else it holds', async () => {
  expect(
    await read([': hi\n\nid: 1\nevent: message\ndata: {"a":1}\n\ndata:x\ndata: y\n\n\n']),
  ).toEqual(['{"a":1}', 'x\ny'])
  expect(await read(['data: last, without an empty line'])).toEqual(['last, without an empty line'])
})

test('the same events come out wherever the stream is split and whatever ends its lines', async () => {
  const text = 'data: one\n\n: comment\ndata: two\ndata:  more\n\ndata: three\n\n'
  const whole = await read([text])
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.array(fc.nat({ max: 80 }), { maxLength: 6 }),
      async (eol, cuts) => {
        const written = text.replaceAll('\n', eol)
        const ends = [...cuts.toSorted((a, b) => a - b), written.length]
        const chunks = ends.map((end, index) => written.slice(ends[index - 1] ?? 0, end))

        expect(await read(chunks)).toEqual(whole)
      },
    ),
  )
})
