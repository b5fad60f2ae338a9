import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBed } from '../fixtures/edge/bed.ts'
import type { Bed } from '../fixtures/edge/bed.ts'
import type { Answer, HeaderLines } from '../fixtures/edge/client.ts'
import {
  answerIn,
  envelope,
  idIn,
  modernClient,
  openLegacy,
  send,
  sentinel,
  textIn,
} from '../fixtures/edge/client.ts'
import type { Entry } from '../fixtures/edge/journal.ts'
import { callsOf, received } from '../fixtures/edge/journal.ts'
import { verifies } from '../requirements/verifies.ts'

/** Names that no header can carry as they are. */
const oddNames = [
  'naïve-工具',
  ' led by a space',
  'tab\tinside',
  '=?base64?ZWNobw==?=',
  'crlf\r\nMcp-Evil: yes',
]

let bed: Bed

beforeAll(async () => {
  const tools = oddNames.map((name) => ({ name, inputSchema: { type: 'object' } }))
  // Names with control characters are otherwise left out.
  const entry = { catalog: { text: 'keep' } }
  bed = await startBed({ tools, prompts: [{ name: 'greet' }] }, { entry })
})

afterAll(() => bed[Symbol.asyncDispose]())

// All four servers have the same tools, so each tool is shown with the name of its server.
const shown = (name: string) => `http-modern__${name}`

/** What the modern HTTP server was sent last by a method. */
function lastSent(method: string): Entry | undefined {
  return received(bed.journals['http-modern'], method).at(-1)
}

describe.each([
  ['modern', () => Promise.resolve(modernClient(bed.gateway.url))],
  ['legacy', () => openLegacy(bed.gateway.url)],
] as const)('a %s client', (_, open) => {
  verifies('edge:10-name-headers', 'reaches a renamed tool under its own name', async () => {
    const client = await open()

    const answer = await client.call('1', shown('echo'), { a: 1 }).answer

    expect(textIn(answer)).toBe('{"a":1}')
    expect(lastSent('tools/call')?.message?.params?.name).toBe('echo')
    expect(lastSent('tools/call')?.headers).toMatchObject({
      'mcp-method': 'tools/call',
      'mcp-name': 'echo',
      'mcp-protocol-version': '2026-07-28',
    })
  })

  test('reaches a renamed prompt and a rewritten resource under their own names', async () => {
    const client = await open()
    const uri = await shownUri()

    await client.request('1', 'prompts/get', { name: shown('greet') }).answer
    await client.request('2', 'resources/read', { uri }).answer

    expect(lastSent('prompts/get')?.message?.params?.name).toBe('greet')
    expect(lastSent('prompts/get')?.headers?.['mcp-name']).toBe('greet')
    expect(uri).not.toBe('edge://note')
    expect(lastSent('resources/read')?.message?.params?.uri).toBe('edge://note')
    expect(lastSent('resources/read')?.headers?.['mcp-name']).toBe('edge://note')
  })

  test('reaches a server of the older era without such headers', async () => {
    const client = await open()

    await client.call('1', 'http-legacy__echo').answer
    const sent = callsOf(bed.journals['http-legacy'], 'echo').at(-1)

    expect(sent?.message?.params?.name).toBe('echo')
    expect(
      Object.keys(sent?.headers ?? {}).filter((name) => /^mcp-(?:name|method)/.test(name)),
    ).toEqual([])
  })

  verifies('edge:10-name-headers', 'reaches tools whose names no header can carry', async () => {
    const client = await open()

    for (const name of oddNames) {
      const headers: HeaderLines = [['Mcp-Name', sentinel(shown(name))]]
      const answer = await client.call('1', shown(name), { name }, { headers }).answer

      expect(textIn(answer)).toBe(JSON.stringify({ name }))
      expect(lastSent('tools/call')?.message?.params?.name).toBe(name)
      expect(lastSent('tools/call')?.headers?.['mcp-name']).toBe(sentinel(name))
      expect(lastSent('tools/call')?.headers).not.toHaveProperty('mcp-evil')
    }
  })
})

const method: HeaderLines = [['Mcp-Method', 'tools/call']]
const version: HeaderLines = [['MCP-Protocol-Version', '2026-07-28']]
const name: HeaderLines = [['Mcp-Name', shown('echo')]]

/** Header lines that do not agree with a call of `http-modern__echo`. */
const contradictions: Readonly<Record<string, HeaderLines>> = {
  "the server's own name": [...version, ...method, ['Mcp-Name', 'echo']],
  'another case': [...version, ...method, ['Mcp-Name', shown('ECHO')]],
  'no name': [...version, ...method],
  'an empty name': [...version, ...method, ['Mcp-Name', '']],
  'another method': [...version, ['Mcp-Method', 'prompts/get'], ...name],
  'a method in another case': [...version, ['Mcp-Method', 'Tools/Call'], ...name],
  'no method': [...version, ...name],
  'an older version': [['MCP-Protocol-Version', '2025-11-25'], ...method, ...name],
  'no version': [...method, ...name],
  'a sentinel of another name': [...version, ...method, ['Mcp-Name', sentinel('echo')]],
  'a sentinel that is not base64': [...version, ...method, ['Mcp-Name', '=?base64?!!!!?=']],
  'a sentinel without padding': [
    ...version,
    ...method,
    ['Mcp-Name', sentinel(shown('echo')).replace(/=+\?=$/, '?=')],
  ],
  'a sentinel that is not UTF-8': [...version, ...method, ['Mcp-Name', '=?base64?/////w==?=']],
}

describe.each(Object.entries(contradictions))('a header with %s', (_, headers) => {
  verifies('edge:10-name-headers', 'is -32020 and reaches nobody', async () => {
    const before = received(bed.journals['http-modern'], 'tools/call').length

    const answer = await callEcho(headers)

    expect([answer.status, answerIn(answer).error?.code, idIn(answer)]).toEqual([
      400,
      -32020,
      '"x"',
    ])
    expect(received(bed.journals['http-modern'], 'tools/call')).toHaveLength(before)
  })
})

test('two names in the headers are refused, even when they agree', async () => {
  const answer = await callEcho([...version, ...method, ...name, ...name])

  expect(answer.status).toBe(400)
})

describe.each(
  Object.entries<HeaderLines>({
    'in lower case': [
      ['mcp-protocol-version', '2026-07-28'],
      ['mcp-method', 'tools/call'],
      ['mcp-name', shown('echo')],
    ],
    'in upper case': [
      ['MCP-PROTOCOL-VERSION', '2026-07-28'],
      ['MCP-METHOD', 'tools/call'],
      ['MCP-NAME', shown('echo')],
    ],
    'with white space around their values': [
      ['MCP-Protocol-Version', ' 2026-07-28 \t'],
      ['Mcp-Method', '\t tools/call  '],
      ['Mcp-Name', ` \t${shown('echo')}\t `],
    ],
    'in a sentinel that was not needed': [
      ...version,
      ...method,
      ['Mcp-Name', sentinel(shown('echo'))],
    ],
  }),
)('headers %s', (_, headers) => {
  verifies('edge:10-name-headers', 'are read as what they say', async () => {
    expect(textIn(await callEcho(headers))).toBe('{}')
  })
})

/** Sends the same body with these headers and no others of the protocol. */
function callEcho(headers: HeaderLines): Promise<Answer> {
  const params = `{"_meta":{${envelope}},"name":"${shown('echo')}","arguments":{}}`
  const body = `{"jsonrpc":"2.0","id":"x","method":"tools/call","params":${params}}`
  return send(bed.gateway.url, { headers, body }).answer
}

/** How the note of the modern HTTP server is spelled to clients. */
async function shownUri(): Promise<string> {
  const { answer } = modernClient(bed.gateway.url).request('1', 'resources/list')
  const uris = (await answer).body.match(/edge:[^"]*/g) ?? []
  const found = uris.find((uri) => uri.includes('http-modern'))
  if (found === undefined) throw new Error(`only ${uris.join(', ')}`)
  return found
}
