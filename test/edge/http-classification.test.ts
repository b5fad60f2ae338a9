import { afterAll, beforeAll, expect } from 'vitest'

import { legacyClient, modernClient } from '../fixtures/scripted/clients.ts'
import { startScripted, type ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import { good } from '../fixtures/scripted/knock.ts'
import { exchange, isAnswer } from '../fixtures/scripted/wire-client.ts'
import { verifies } from '../requirements/verifies.ts'

const version = '"io.modelcontextprotocol/protocolVersion"'
const capabilities = '"io.modelcontextprotocol/clientCapabilities"'
const envelope = `"_meta":{${version}:"2026-07-28",${capabilities}:{}}`
const initialize =
  '"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}'

let started: ScriptedGateway<'good'>
beforeAll(async () => {
  started = await startScripted('http', { good })
})
afterAll(() => started[Symbol.asyncDispose]())

interface Refused {
  readonly name: string
  /** Without `jsonrpc` and `id`. */
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly code: number
}

const modernHeaders = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' }
const list = (meta: string): string => `"method":"tools/list","params":{"_meta":{${meta}}}`

const refused: readonly Refused[] = [
  {
    name: 'initialize in a modern envelope',
    body: `${initialize},${envelope}}`,
    headers: { ...modernHeaders, 'mcp-method': 'initialize' },
    status: 404,
    code: -32601,
  },
  {
    name: 'initialize under a modern header',
    body: `${initialize}}`,
    headers: modernHeaders,
    status: 400,
    code: -32020,
  },
  {
    name: 'a modern header without an envelope',
    body: '"method":"tools/list","params":{}',
    headers: modernHeaders,
    status: 400,
    code: -32602,
  },
  {
    name: 'an envelope without capabilities',
    body: list(`${version}:"2026-07-28"`),
    headers: modernHeaders,
    status: 400,
    code: -32602,
  },
  {
    name: 'an envelope whose version is no string',
    body: list(`${version}:20260728,${capabilities}:{}`),
    headers: modernHeaders,
    status: 400,
    code: -32602,
  },
  {
    name: 'an envelope whose capabilities are no object',
    body: list(`${version}:"2026-07-28",${capabilities}:[]`),
    headers: modernHeaders,
    status: 400,
    code: -32602,
  },
  {
    name: 'a version that nobody knows',
    body: list(`${version}:"2027-01-01",${capabilities}:{}`),
    headers: { ...modernHeaders, 'mcp-protocol-version': '2027-01-01' },
    status: 400,
    code: -32022,
  },
  {
    name: 'a version header that contradicts the envelope',
    body: list(`${version}:"2026-07-28",${capabilities}:{}`),
    headers: { ...modernHeaders, 'mcp-protocol-version': '2025-11-25' },
    status: 400,
    code: -32020,
  },
  {
    name: 'a method header that contradicts the body',
    body: list(`${version}:"2026-07-28",${capabilities}:{}`),
    headers: { ...modernHeaders, 'mcp-method': 'tools/call' },
    status: 400,
    code: -32020,
  },
  {
    name: 'an envelope without a version header',
    body: list(`${version}:"2026-07-28",${capabilities}:{}`),
    headers: { 'mcp-method': 'tools/list' },
    status: 400,
    code: -32020,
  },
  {
    name: 'an envelope without a method header',
    body: list(`${version}:"2026-07-28",${capabilities}:{}`),
    headers: { 'mcp-protocol-version': '2026-07-28' },
    status: 400,
    code: -32020,
  },
  {
    name: 'a call without a name header',
    body: `"method":"tools/call","params":{"name":"one",${envelope}}`,
    headers: { ...modernHeaders, 'mcp-method': 'tools/call' },
    status: 400,
    code: -32020,
  },
  {
    name: 'a method that the era removed',
    body: `"method":"ping","params":{${envelope}}`,
    headers: { ...modernHeaders, 'mcp-method': 'ping' },
    status: 404,
    code: -32601,
  },
  {
    name: 'a legacy request without a session',
    body: '"method":"tools/list","params":{}',
    status: 400,
    code: -32600,
  },
  {
    name: 'a legacy request in a session that nobody opened',
    body: '"method":"tools/list","params":{}',
    headers: { 'mcp-session-id': 'made-up' },
    status: 404,
    code: -32600,
  },
]

verifies(
  'surface:http:classification',
  'what fits no era is refused with the status and code that fit it, on its own id',
  async () => {
    for (const { name, body, headers = {}, status, code } of refused) {
      const text = `{"jsonrpc":"2.0","id":"own",${body}}`

      const opened = await exchange(started.gateway.url, { body: text, headers })
      const { message } = await opened.next(isAnswer)

      expect({ name, status: opened.status, message }).toMatchObject({
        name,
        status,
        message: { id: 'own', error: { code } },
      })
    }
    expect(started.servers.good.heard.map(({ method }) => method)).not.toContain('tools/call')
  },
)

verifies(
  'surface:http:classification',
  'an unknown version is told which ones are known, also to a client that asks for the era itself',
  async () => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{${version}:"1999-01-01",${capabilities}:{}}}}`
    const headers = { 'mcp-protocol-version': '1999-01-01', 'mcp-method': 'server/discover' }

    const opened = await exchange(started.gateway.url, { body, headers })
    const { message } = await opened.next(isAnswer)

    expect(message['error']).toMatchObject({
      code: -32022,
      data: {
        requested: '1999-01-01',
        supported: expect.arrayContaining(['2026-07-28', '2025-11-25']),
      },
    })
  },
)

verifies(
  ['surface:http:classification', 'surface:http:both-eras'],
  'clients of every version are served side by side, and an unknown one is offered the newest old one',
  async () => {
    const { url } = started.gateway
    const modern = modernClient(url)
    const asked = [
      '2025-11-25',
      '2025-06-18',
      '2025-03-26',
      '2024-11-05',
      '1999-01-01',
      '2026-07-28',
    ]
    const sessions = await Promise.all(asked.map((one) => legacyClient(url, { version: one })))
    const call = '{"name":"one","arguments":{}}'

    const answers = await Promise.all([
      modern.ask('tools/call', call),
      ...sessions.slice(0, 4).map((session) => session.ask('tools/call', call)),
    ])

    expect(sessions.slice(0, 5).map(({ greeting }) => greeting['protocolVersion'])).toEqual([
      ...asked.slice(0, 4),
      '2025-11-25',
    ])
    for (const { message } of answers)
      expect(message['result']).toMatchObject({ content: [{ text: 'done' }] })
    const ids = sessions.slice(0, 5).map(({ sessionId }) => sessionId)
    expect(new Set(ids).size).toBe(ids.length)
  },
)

verifies(
  'surface:http:one-server',
  'one server has an address of its own for both eras, with its own name and tools',
  async () => {
    const url = started.gateway.urlOf('good')

    const discovered = await modernClient(url).ask('server/discover')
    const { greeting } = await legacyClient(url)
    const unknown = await exchange(started.gateway.urlOf('nobody'), { body: '{}' })

    expect(discovered.text).toContain('"name":"scripted"')
    expect(greeting).toMatchObject({ serverInfo: { name: 'scripted' } })
    expect(unknown.status).toBe(404)
  },
)
