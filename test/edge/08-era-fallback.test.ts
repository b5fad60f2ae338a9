import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stdioEntry } from '../fixtures/edge/bed.ts'
import { openClient, textIn } from '../fixtures/edge/client.ts'
import type { HttpServer, Reply } from '../fixtures/edge/http-server.ts'
import { startHttpServer } from '../fixtures/edge/http-server.ts'
import type { Journal } from '../fixtures/edge/journal.ts'
import { fileJournal, memoryJournal } from '../fixtures/edge/journal.ts'
import { statusOf, statusWhen } from '../fixtures/edge/status.ts'
import type { StdioOptions } from '../fixtures/edge/stdio-server.ts'
import type { ServerStatus } from '../../src/contract/status.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import type { TempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'

const error = (code: number, id = 'ID', data = '') =>
  `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"No"${data}}}`
const refusal = (...supported: string[]) =>
  error(-32022, 'ID', `,"data":{"supported":${JSON.stringify(supported)},"requested":"x"}`)

/** What legacy servers answer to a modern question over HTTP. */
const httpSigns: Readonly<Record<string, Reply>> = {
  '400 and -32000': { status: 400, body: error(-32000, 'null') },
  '400 and -32000 with our id': { status: 400, body: error(-32000) },
  '404 and text': { status: 404, type: 'text/plain', body: 'Invalid session ID' },
  '404 and nothing': { status: 404, type: 'text/plain', body: '' },
  '404 and a page': { status: 404, type: 'text/html', body: '<html>Not here</html>' },
  '400 and JSON with a code that is text': {
    status: 400,
    body: '{"error":{"code":"invalid_request","message":"No session"}}',
  },
  '400 and JSON cut short': { status: 400, body: '{"jsonrpc":"2.0","err' },
  '405 and text': { status: 405, type: 'text/plain', body: 'Method Not Allowed' },
  '406 and -32000': { status: 406, body: error(-32000, 'null') },
  '415 and text': { status: 415, type: 'text/plain', body: 'Unsupported' },
  '422 and JSON of its own': { status: 422, body: '{"detail":[{"loc":["body","method"]}]}' },
  '200 and -32601': { status: 200, body: error(-32601) },
  '200 and -32601 in a stream': {
    status: 200,
    type: 'text/event-stream',
    body: `event: message\ndata: ${error(-32601)}\n\n`,
  },
  '200 and -32602': { status: 200, body: error(-32602) },
  '200 and -32700': { status: 200, body: error(-32700, 'null') },
  '400 and -32700': { status: 400, body: error(-32700, 'null') },
  '200 and an empty result': { status: 200, body: '{"jsonrpc":"2.0","id":ID,"result":{}}' },
  '202 and nothing': { status: 202, type: 'text/plain', body: '' },
  '400 and -32022 naming older versions': { status: 400, body: refusal('2025-11-25') },
  '400 and -32022 naming nothing': { status: 400, body: error(-32022) },
  '400 and -32022 naming older and unknown versions': {
    status: 400,
    body: refusal('2099-01-01', '2025-06-18'),
  },
}

/** What says nothing about the era over HTTP. */
const httpOutages: Readonly<Record<string, Reply>> = {
  '401': { status: 401, type: 'text/plain', body: 'Who are you?' },
  '401 and -32000': { status: 401, body: error(-32000) },
  '403': { status: 403, body: '{"error":"forbidden"}' },
  '500 and -32601': { status: 500, body: error(-32601) },
  '502': { status: 502, type: 'text/html', body: '<html>Bad gateway</html>' },
  '503': { status: 503, type: 'text/plain', body: '' },
  '400 and -32022 naming only newer versions': { status: 400, body: refusal('2099-01-01') },
}

/** How legacy servers take a modern question over stdio. */
const stdioSigns: Readonly<Record<string, Partial<StdioOptions>>> = {
  '-32601': {},
  '-32600': { probeAnswer: error(-32600) },
  '-32602': { probeAnswer: error(-32602) },
  '-32000': { probeAnswer: error(-32000) },
  '-32700 without an id': { probeAnswer: error(-32700, 'null') },
  'an empty result': { probeAnswer: '{"jsonrpc":"2.0","id":ID,"result":{}}' },
  '-32022 naming older versions': { probeAnswer: refusal('2025-06-18') },
  'a line of text': { probeAnswer: 'Error: unknown method' },
  'nothing at all': { probeAnswer: '' },
  'its end with code 0': { firstLineExit: 0 },
  'its end with code 1': { firstLineExit: 1 },
}

interface Subject {
  readonly journal: Journal
  readonly entry: object
  readonly http?: HttpServer
}

const subjects = new Map<string, Subject>()
const outages = [...Object.keys(httpOutages), 'silence']
/** How each of them was before its server came back. */
const failed = new Map<string, ServerStatus>()
let gateway: RunningGateway
let folder: TempFolder

beforeAll(async () => {
  folder = await createTempFolder()
  for (const [name, probe] of Object.entries(httpSigns)) await addHttp(name, { probe })
  for (const [name, everything] of Object.entries(httpOutages)) await addHttp(name, { everything })
  await addHttp('silence', { probe: 'silence' }, { startTimeoutMs: 500 })
  for (const [name, options] of Object.entries(stdioSigns))
    addStdio(name, { era: 'legacy', ...options })
  addStdio('only newer versions', { era: 'legacy', probeAnswer: refusal('2099-01-01') })
  addStdio('a slow start', { era: 'modern', startDelayMs: 1800 })
  const servers = Object.fromEntries([...subjects].map(([name, { entry }]) => [name, entry]))
  gateway = await startGateway({ servers })
  for (const name of outages) {
    failed.set(name, await statusWhen(gateway, keyOf(name), ({ state }) => state === 'failed'))
    subjectOf(name).http?.become({ era: 'modern' })
  }
})

afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  for (const { http } of subjects.values()) await http?.[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

describe.each(Object.keys(httpSigns))('an HTTP server that answers the probe with %s', (name) => {
  verifies('edge:08-era-fallback', 'is opened the legacy way and works', async () => {
    await proveLegacy(name, ['server/discover', 'initialize'])
  })
})

describe.each(Object.keys(stdioSigns))('a stdio server that answers the probe with %s', (name) => {
  verifies('edge:08-era-fallback', 'is opened the legacy way and works', async () => {
    await proveLegacy(name, ['server/discover', 'initialize'])
  })
})

describe.each(outages)('%s over HTTP', (name) => {
  verifies('edge:08-era-fallback', 'is no sign of a legacy server', async () => {
    // Since then the server answers, in the modern way: had it been taken for a legacy one, that would not work.
    const { state, era } = await statusWhen(gateway, keyOf(name), ({ tools }) => tools > 0)

    expect(failed.get(name)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(reasonFor(name)),
    })
    expect(failed.get(name)?.era).toBeUndefined()
    expect([state, era]).toEqual(['ready', 'modern'])
    expect(methodsIn(subjectOf(name).journal)).not.toContain('initialize')
  })
})

verifies('edge:08-era-fallback', 'a refused connection is no sign of a legacy server', async () => {
  const journal = memoryJournal()
  const gone = await startHttpServer({ era: 'modern' }, journal)
  const { port, url } = gone
  await gone[Symbol.asyncDispose]()
  await using alone = await startGateway({ servers: { one: { url } } })
  await statusWhen(alone, 'one', ({ state }) => state === 'failed')

  await using back = await startHttpServer({ era: 'modern', port }, journal)
  const { era } = await statusWhen(alone, 'one', ({ state }) => state === 'ready')

  expect([back.url, era]).toEqual([url, 'modern'])
  expect(methodsIn(journal)).not.toContain('initialize')
})

verifies(
  'edge:08-era-fallback',
  'a stdio server that knows only newer versions is not taken for a legacy one',
  async () => {
    const { state, reason } = await statusWhen(
      gateway,
      keyOf('only newer versions'),
      (status) => status.state === 'failed',
    )

    expect([state, reason]).toEqual(['failed', expect.stringContaining('2099-01-01')])
    expect(methodsIn(subjectOf('only newer versions').journal)).not.toContain('initialize')
  },
)

test('a modern stdio server that is slow to start is still found to be modern', async () => {
  const client = await openClient('modern', gateway.urlOf(keyOf('a slow start')))

  const answer = await client.call('1', 'echo', { here: true }).answer

  expect(textIn(answer)).toBe('{"here":true}')
  expect((await statusOf(gateway, keyOf('a slow start'))).era).toBe('modern')
})

async function proveLegacy(name: string, opening: readonly string[]): Promise<void> {
  const { journal } = subjectOf(name)
  await statusWhen(gateway, keyOf(name), ({ state, tools }) => state === 'ready' && tools > 0)
  const client = await openClient('modern', gateway.urlOf(keyOf(name)))

  const answer = await client.call('1', 'echo', { here: true }).answer

  expect(textIn(answer)).toBe('{"here":true}')
  expect((await statusOf(gateway, keyOf(name))).era).toBe('legacy')
  expect(methodsIn(journal).filter((method) => opening.includes(method))).toEqual(opening)
}

function methodsIn(journal: Journal): readonly string[] {
  return journal.entries().flatMap(({ message }) => message?.method ?? [])
}

function reasonFor(name: string): RegExp {
  if (name === 'silence') return /no answer within 500 ms/
  return name.includes('-32022') ? /speaks only 2099-01-01/ : new RegExp(`HTTP ${name.slice(0, 3)}`)
}

function subjectOf(name: string): Subject {
  const subject = subjects.get(keyOf(name))
  if (!subject) throw new Error(`nobody is named ${name}`)
  return subject
}

function keyOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

async function addHttp(
  name: string,
  options: { readonly probe?: Reply | 'silence'; readonly everything?: Reply },
  entry: object = {},
): Promise<void> {
  const journal = memoryJournal()
  const http = await startHttpServer({ era: 'legacy', ...options }, journal)
  subjects.set(keyOf(name), { journal, http, entry: { url: http.url, ...entry } })
}

function addStdio(name: string, options: Omit<StdioOptions, 'journal'>): void {
  const journal = `${folder.path}/${keyOf(name)}.jsonl`
  subjects.set(keyOf(name), {
    journal: fileJournal(journal),
    entry: stdioEntry({ ...options, journal }),
  })
}
