import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBed, kinds, pairs, eras } from '../fixtures/edge/bed.ts'
import type { Bed } from '../fixtures/edge/bed.ts'
import { answerIn, idIn, openClient, openLegacy, send, textIn } from '../fixtures/edge/client.ts'
import { callsOf, until } from '../fixtures/edge/journal.ts'
import { verifies } from '../requirements/verifies.ts'

let bed: Bed

beforeAll(async () => {
  bed = await startBed()
})

afterAll(() => bed[Symbol.asyncDispose]())

/** Ids as JSON text, which must come back as the same text. */
const ids = ['1', '"1"', '0', '""', '-1', '9007199254740993', '-9007199254740993', '"ä \\" é"']

describe.each(pairs)('a $era client of $kind', ({ kind, era }) => {
  verifies('edge:01-ids', 'gets back each id as it spelled it, all of them in flight', async () => {
    const client = await openClient(era, bed.gateway.urlOf(kind))
    const key = `ids-${kind}-${era}`

    const asked = ids.map((id) => client.call(id, 'hold', { key }))
    await held(kind, key, ids.length)
    await client.call('"go"', 'release', { key }).answer
    const answers = await Promise.all(asked.map(({ answer }) => answer))

    expect(answers.map(idIn)).toEqual(ids)
    expect(answers.map(textIn)).toEqual(ids.map(() => `held ${key}`))
  })

  verifies('edge:01-ids', 'shares id 1 with another client and gets its own result', async () => {
    const first = await openClient(era, bed.gateway.urlOf(kind))
    const second = await openClient(era, bed.gateway.urlOf(kind))
    const [mine, theirs] = [`mine-${kind}-${era}`, `theirs-${kind}-${era}`]

    const asked = [
      first.call('1', 'hold', { key: mine }),
      second.call('1', 'hold', { key: theirs }),
    ]
    await Promise.all([held(kind, mine, 1), held(kind, theirs, 1)])
    await second.call('2', 'release', { key: theirs }).answer
    await first.call('2', 'release', { key: mine }).answer
    const answers = await Promise.all(asked.map(({ answer }) => answer))

    expect(answers.map(idIn)).toEqual(['1', '1'])
    expect(answers.map(textIn)).toEqual([`held ${mine}`, `held ${theirs}`])
  })

  test('gets back its id in an answer that comes as a stream', async () => {
    const client = await openClient(era, bed.gateway.urlOf(kind))

    const answer = await client.call('9007199254740993', 'steps', { key: 1 }, { token: '""' })
      .answer

    expect(answer.headers['content-type']).toBe('text/event-stream')
    expect(idIn(answer)).toBe('9007199254740993')
  })
})

describe.each(eras)('a %s client', (era) => {
  test.each(ids)('gets back id %s in what the gateway answers by itself', async (id) => {
    const client = await openClient(era, bed.gateway.url)

    const list = await client.request(id, 'tools/list').answer
    const unknown = await client.call(id, 'no such tool', {}, {}).answer

    expect([idIn(list), idIn(unknown)]).toEqual([id, id])
    expect(answerIn(unknown).error?.code).toBe(-32602)
  })
})

test.each(ids)('initialize with id %s is answered with it', async (id) => {
  const params = '{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"e"}}'
  const body = `{"jsonrpc":"2.0","id":${id},"method":"initialize","params":${params}}`

  const answer = await send(bed.gateway.url, { body }).answer

  expect(idIn(answer)).toBe(id)
})

test.each(kinds)('%s never sees an id twice, nor one that a client chose', async (kind) => {
  const client = await openLegacy(bed.gateway.urlOf(kind))
  await Promise.all(['1', '"1"', '7'].map((id) => client.call(id, 'echo').answer))

  const seen = bed.journals[kind]
    .entries()
    .flatMap(({ message }) => (message?.method === 'tools/call' ? [message.id] : []))

  expect(new Set(seen).size).toBe(seen.length)
  expect(seen.filter((id) => typeof id !== 'number' || id < 1000)).toEqual([])
})

async function held(kind: (typeof kinds)[number], key: string, count: number): Promise<void> {
  await until(`${count} calls held as ${key}`, () => {
    const calls = callsOf(bed.journals[kind], 'hold')
    return (
      calls.filter(({ message }) => message?.params?.arguments?.['key'] === key).length === count
    )
  })
}
