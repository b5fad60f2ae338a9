import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBed } from '../fixtures/edge/bed.ts'
import type { Bed } from '../fixtures/edge/bed.ts'
import type { HeaderLines } from '../fixtures/edge/client.ts'
import {
  answerIn,
  idIn,
  modernClient,
  openClient,
  openLegacy,
  sentinel,
  textIn,
} from '../fixtures/edge/client.ts'
import { startHttpServer } from '../fixtures/edge/http-server.ts'
import { callsOf, memoryJournal, received } from '../fixtures/edge/journal.ts'
import type { Journal } from '../fixtures/edge/journal.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

const mirrored = (type: string, header: unknown) => ({ type, 'x-mcp-header': header })

const weather = {
  name: 'weather',
  inputSchema: {
    type: 'object',
    properties: {
      region: mirrored('string', 'Region'),
      count: mirrored('integer', 'Count'),
      dry: mirrored('boolean', 'Dry-Run'),
      place: {
        type: 'object',
        properties: { town: { type: 'object', properties: { zip: mirrored('string', 'Zip') } } },
      },
      plain: { type: 'string' },
    },
  },
}

/** One annotation of each is not valid, and each has a good one beside it. */
const badSchemas: Readonly<Record<string, object>> = {
  number: { bad: mirrored('number', 'Bad') },
  array: { bad: { type: 'array', items: mirrored('string', 'Bad') } },
  union: { bad: { oneOf: [mirrored('string', 'Bad')] } },
  object: { bad: { ...mirrored('object', 'Bad'), properties: {} } },
  untyped: { bad: { 'x-mcp-header': 'Bad' } },
  space: { bad: mirrored('string', 'Bad Name') },
  crlf: { bad: mirrored('string', 'Bad\r\nEvil') },
  colon: { bad: mirrored('string', 'Bad:') },
  unicode: { bad: mirrored('string', 'Bäd') },
  empty: { bad: mirrored('string', '') },
  'not-text': { bad: mirrored('string', 7) },
  repeated: { bad: mirrored('string', 'GOOD') },
}

const badTools = Object.entries(badSchemas).map(([name, properties]) => ({
  name: `bad-${name}`,
  inputSchema: { type: 'object', properties: { good: mirrored('string', 'Good'), ...properties } },
}))

const tools = [weather, ...badTools]
let bed: Bed

beforeAll(async () => {
  bed = await startBed({ tools })
})

afterAll(() => bed[Symbol.asyncDispose]())

/** The `Mcp-Param-*` headers of the last call of a tool. */
function paramsSent(journal: Journal, tool: string): Readonly<Record<string, string>> {
  const headers = callsOf(journal, tool).at(-1)?.headers ?? {}
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('mcp-param-')),
  )
}

describe.each(['legacy', 'modern'] as const)('a %s client', (era) => {
  verifies(
    'edge:11-param-headers',
    'has them sent with the first request it ever makes',
    async () => {
      const journal = memoryJournal()
      await using server = await startHttpServer({ era: 'modern', tools }, journal)
      await using gateway = await startGateway({ servers: { one: { url: server.url } } })
      const client = await openClient(era, gateway.url)

      const args = { region: 'north' }
      const headers: HeaderLines = era === 'modern' ? [['Mcp-Param-Region', 'north']] : []
      const answer = await client.call('1', 'weather', args, { headers }).answer

      expect(textIn(answer)).toBe('{"region":"north"}')
      expect(paramsSent(journal, 'weather')).toEqual({ 'mcp-param-region': 'north' })
      expect(received(journal, 'tools/call')).toHaveLength(1)
    },
  )
})

verifies('edge:11-param-headers', 'every argument with an annotation has one', async () => {
  const client = await openLegacy(bed.gateway.urlOf('http-modern'))
  const args = {
    region: 'a b',
    count: -7,
    dry: false,
    place: { town: { zip: '0123' } },
    plain: 'x',
  }

  await client.call('1', 'weather', args).answer

  expect(paramsSent(bed.journals['http-modern'], 'weather')).toEqual({
    'mcp-param-region': 'a b',
    'mcp-param-count': '-7',
    'mcp-param-dry-run': 'false',
    'mcp-param-zip': '0123',
  })
})

verifies('edge:11-param-headers', 'null and absent arguments have none', async () => {
  const client = await openLegacy(bed.gateway.urlOf('http-modern'))

  for (const args of [
    { region: null, count: null, dry: null, place: null },
    { place: { town: null } },
    { place: { town: { zip: null } } },
    { place: { zip: 'elsewhere' }, zip: 'elsewhere' },
    { place: [{ town: { zip: 'in a list' } }] },
    {},
  ]) {
    await client.call('1', 'weather', args).answer
    expect(paramsSent(bed.journals['http-modern'], 'weather')).toEqual({})
  }
  await client.request('1', 'tools/call', { name: 'weather' }).answer
  expect(paramsSent(bed.journals['http-modern'], 'weather')).toEqual({})
})

test.each(['', ' led', 'trailed ', 'größe', 'a\r\nMcp-Evil: yes', '=?base64?eA==?=', '日本'])(
  'the text %j is carried in the sentinel',
  async (region) => {
    const client = await openLegacy(bed.gateway.urlOf('http-modern'))

    const answer = await client.call('1', 'weather', { region }).answer

    expect(textIn(answer)).toBe(JSON.stringify({ region }))
    const sent = callsOf(bed.journals['http-modern'], 'weather').at(-1)?.headers
    expect(sent?.['mcp-param-region']).toBe(sentinel(region))
    expect(sent).not.toHaveProperty('mcp-evil')
  },
)

describe.each(badTools)('$name', ({ name }) => {
  verifies(
    'edge:11-param-headers',
    'is listed without the bad annotation, and callable',
    async () => {
      const client = modernClient(bed.gateway.urlOf('http-modern'))

      const list = answerIn(await client.request('1', 'tools/list').answer).result?.['tools']
      const listed = (Array.isArray(list) ? list : []).find((tool) => tool.name === name)
      const headers: HeaderLines = [['Mcp-Param-Good', 'yes']]
      const answer = await client.call('2', name, { good: 'yes', bad: 'x' }, { headers }).answer

      expect(annotationsIn(listed)).toEqual(['Good'])
      expect(textIn(answer)).toBe('{"good":"yes","bad":"x"}')
      expect(paramsSent(bed.journals['http-modern'], name)).toEqual({ 'mcp-param-good': 'yes' })
    },
  )
})

verifies(
  'edge:11-param-headers',
  'a list with bad annotations is otherwise as it was',
  async () => {
    const client = modernClient(bed.gateway.urlOf('http-modern'))

    const list = answerIn(await client.request('1', 'tools/list').answer).result?.['tools']

    const expected = tools.map((tool) => tool.name)
    const listed: readonly { readonly name: string }[] = Array.isArray(list) ? list : []
    expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(expected))
    expect(listed.find(({ name }) => name === 'weather')).toEqual(weather)
  },
)

const args = { region: 'north', count: 10, place: { town: { zip: '1' } } }
const right: HeaderLines = [
  ['Mcp-Param-Region', 'north'],
  ['Mcp-Param-Count', '10'],
  ['Mcp-Param-Zip', '1'],
]

/** One header changed, added or left out. */
const wrong: Readonly<Record<string, HeaderLines>> = {
  'another value': [['Mcp-Param-Region', 'south'], ...right.slice(1)],
  'another case of the value': [['Mcp-Param-Region', 'North'], ...right.slice(1)],
  'another number': [...right.slice(0, 1), ['Mcp-Param-Count', '11'], ...right.slice(2)],
  'a header missing': right.slice(1),
  'a nested one missing': right.slice(0, 2),
  'one for an argument that is absent': [...right, ['Mcp-Param-Dry-Run', 'true']],
  'a sentinel that cannot be read': [['Mcp-Param-Region', '=?base64?!?='], ...right.slice(1)],
}

describe.each(['http-modern', 'stdio-modern', 'http-legacy', 'stdio-legacy'] as const)(
  'a modern client of %s',
  (kind) => {
    test.each(Object.entries(wrong))('with %s is told -32020', async (_, headers) => {
      const client = modernClient(bed.gateway.urlOf(kind))
      const before = callsOf(bed.journals[kind], 'weather').length

      const answer = await client.call('"x"', 'weather', args, { headers }).answer

      expect([answer.status, answerIn(answer).error?.code, idIn(answer)]).toEqual([
        400,
        -32020,
        '"x"',
      ])
      expect(callsOf(bed.journals[kind], 'weather')).toHaveLength(before)
    })

    test.each<[string, HeaderLines]>([
      ['as it should be', right],
      ['in lower case', right.map(([name, value]) => [name.toLowerCase(), value])],
      ['with white space', right.map(([name, value]) => [name, ` \t${value} `])],
      ['in sentinels', right.map(([name, value]) => [name, sentinel(value)])],
      ['with one that nobody asked for', [...right, ['Mcp-Param-Other', 'x']]],
    ])('with all of them %s is served', async (_, headers) => {
      const client = modernClient(bed.gateway.urlOf(kind))

      const answer = await client.call('1', 'weather', args, { headers }).answer

      expect(textIn(answer)).toBe(JSON.stringify(args))
    })
  },
)

test('a client cannot smuggle a header of its own to a server', async () => {
  const client = modernClient(bed.gateway.urlOf('http-modern'))
  const headers: HeaderLines = [...right, ['Mcp-Param-Other', 'x'], ['Authorization', 'Bearer y']]

  await client.call('1', 'weather', args, { headers }).answer

  const sent = callsOf(bed.journals['http-modern'], 'weather').at(-1)?.headers
  expect(sent).not.toHaveProperty('mcp-param-other')
  expect(sent).not.toHaveProperty('authorization')
})

function annotationsIn(schema: unknown): readonly unknown[] {
  const found: unknown[] = []
  JSON.stringify(schema, (key, value: unknown) => {
    if (key === 'x-mcp-header') found.push(value)
    return value
  })
  return found
}
