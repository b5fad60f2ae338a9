import { afterAll, beforeAll, describe, expect } from 'vitest'
import { pairs, startBed } from '../fixtures/edge/bed.ts'
import type { Bed } from '../fixtures/edge/bed.ts'
import { openClient, openLegacy, progressIn, send, textIn } from '../fixtures/edge/client.ts'
import { callsOf, until } from '../fixtures/edge/journal.ts'
import { verifies } from '../requirements/verifies.ts'

let bed: Bed

beforeAll(async () => {
  bed = await startBed()
})

afterAll(() => bed[Symbol.asyncDispose]())

/** Tokens as JSON text. */
const tokens = ['"abc"', '7', '"7"', '0', '""', '9007199254740993']

describe.each(pairs)('a $era client of $kind', ({ kind, era }) => {
  verifies('edge:02-progress-tokens', 'gets its token back with its own type', async () => {
    const client = await openClient(era, bed.gateway.urlOf(kind))

    const answers = await Promise.all(
      tokens.map((token, id) => client.call(`${id}`, 'steps', { key: id }, { token }).answer),
    )

    const told = answers.map((answer) =>
      progressIn(answer).map(({ params }) => [
        JSON.stringify(params?.progressToken),
        params?.message,
      ]),
    )
    expect(told).toEqual(
      tokens.map((token, id) => [
        [token, id],
        [token, id],
      ]),
    )
  })

  verifies('edge:02-progress-tokens', 'hears nothing after the result', async () => {
    const client = await openClient(era, bed.gateway.urlOf(kind))

    // The server reports a third step behind the result; the second call lets it arrive.
    const first = await client.call('1', 'steps', { key: 'a' }, { token: '"abc"' }).answer
    const second = await client.call('2', 'steps', { key: 'b' }, { token: '"abc"' }).answer

    expect(progressIn(first).map(({ params }) => params?.message)).toEqual(['a', 'a'])
    expect(progressIn(second).map(({ params }) => params?.message)).toEqual(['b', 'b'])
    expect([first, second].map(textIn)).toEqual(['steps a', 'steps b'])
  })

  verifies('edge:02-progress-tokens', 'that gave no token hears no progress', async () => {
    const client = await openClient(era, bed.gateway.urlOf(kind))

    const exchange = client.call('1', 'chatter')

    expect(textIn(await exchange.answer)).toBe('token undefined')
    expect(exchange.heard()).toHaveLength(1)
  })

  verifies('edge:02-progress-tokens', 'shares a token with another client', async () => {
    const first = await openClient(era, bed.gateway.urlOf(kind))
    const second = await openClient(era, bed.gateway.urlOf(kind))
    const key = `shared-${kind}-${era}`

    const asked = [first, second].map((client, index) =>
      client.call('1', 'hold', { key, who: index }, { token: '"abc"' }),
    )
    await until('both calls held', () => {
      const calls = callsOf(bed.journals[kind], 'hold')
      return calls.filter(({ message }) => message?.params?.arguments?.['key'] === key).length === 2
    })
    await first.call('2', 'release', { key }).answer
    const answers = await Promise.all(asked.map(({ answer }) => answer))

    expect(answers.map((answer) => progressIn(answer).map(({ params }) => params))).toEqual([
      [{ progressToken: 'abc', progress: 1, total: 3, message: 0 }],
      [{ progressToken: 'abc', progress: 1, total: 3, message: 1 }],
    ])
  })

  verifies('edge:02-progress-tokens', 'has no token shown to the server', async () => {
    const client = await openClient(era, bed.gateway.urlOf(kind))
    await client.call('1', 'steps', { key: 'own token' }, { token: '"abc"' }).answer

    const sent = callsOf(bed.journals[kind], 'steps').map(
      ({ message }) => message?.params?.['_meta']?.['progressToken'],
    )

    expect(sent.every((token) => typeof token === 'number')).toBe(true)
    expect(new Set(sent).size).toBe(sent.length)
  })
})

verifies('edge:02-progress-tokens', 'late progress stays off the stream of a session', async () => {
  const url = bed.gateway.url.replace('/mcp', '/servers/stdio-legacy/mcp')
  const client = await openLegacy(url)
  const stream = send(url, { method: 'GET', headers: client.session })

  for (const id of ['1', '2']) await client.call(id, 'steps', {}, { token: '"abc"' }).answer
  await send(url, { method: 'DELETE', headers: client.session }).answer

  expect((await stream.answer).status).toBe(200)
  expect(stream.heard()).toEqual([])
})
