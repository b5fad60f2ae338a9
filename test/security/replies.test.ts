import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { askMcp, openSession } from '../access/people.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { Heard, Script, Transport, Turn } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { startRawServer } from '../kit/raw-server.ts'
import { verifies } from '../requirements/verifies.ts'
import { envelope } from './envelope.ts'
import { openLine } from './line.ts'

const clients = 64
const rounds = 64

function wordOf({ params }: Heard): string {
  const given = params['arguments']
  return given instanceof Object && 'word' in given ? String(given.word) : ''
}

const result = '"result":{"content":[{"type":"text","text":"forged"}],"resultType":"complete"}'

/** Answers under ids it was never given, or not in this form. */
function forge({ heard, say }: Turn, transport: Transport): void {
  const id = Number(heard.id)
  // Another call of the same connection may have the next number: a server can mix up its own answers over stdio.
  const others = transport === 'http' ? [id + 1, id - 1, id + 2] : []
  const ids = [...others, id + 1e9, -id, `"${id}"`, `${id}.0`, `${id}e0`, 'null', '"x"', '1e3']
  for (const other of ids) say(`{"jsonrpc":"2.0","id":${other},${result}}`)
  say(`{"jsonrpc":"2.0",${result}}`)
  say(`{"jsonrpc":"2.0","id":${id},"method":"sampling/createMessage","params":{}}`)
}

/** Out of order, twice, far too late, and with what nobody asked for in between. */
const hostile = (transport: Transport): Script => ({
  era: 'legacy',
  tools: [tool('echo')],
  on: {
    'tools/call': async (turn) => {
      const { heard, answer, reply } = turn
      const word = wordOf(heard)
      const chance = Math.random()
      if (chance < 0.05) forge(turn, transport)
      await pause(chance < 0.005 ? 1500 : Math.random() * 4)
      answer(textResult(word))
      if (transport === 'stdio' && chance > 0.9) {
        reply(`{"jsonrpc":"2.0","id":${heard.id},${result}}`)
        await pause(20)
        reply(`{"jsonrpc":"2.0","id":${heard.id},${result}}`)
      }
    },
  },
})

interface Counts {
  answered: number
  failed: number
  mismatched: string[]
}

/** One client: the same ids as all the others, in both eras, on one connection. */
async function callAll({ port }: RunningGateway, client: number, counts: Counts): Promise<void> {
  const session = await openSession({ port }, undefined)
  using line = await openLine(port)
  for (let id = 0; id < rounds; id++) {
    for (const era of ['legacy', 'modern'] as const) {
      const word = `canary-${client}-${id}-${era}`
      const params = { name: 'echo', arguments: { word } }
      const text = await line.ask('/mcp', headersFor(era, session), bodyFor(era, id, params))
      const words = text.match(/canary-\d+-\d+-(?:legacy|modern)|forged/g) ?? []
      if (words.some((one) => one !== word) || !text.includes(`"id":${id}`))
        counts.mismatched.push(`${word}: ${text}`)
      else if (words.length === 1) counts.answered++
      else counts.failed++
    }
  }
}

const accept = { Accept: 'application/json, text/event-stream' }

function headersFor(era: 'legacy' | 'modern', session: string): Readonly<Record<string, string>> {
  if (era === 'legacy') return { ...accept, 'Mcp-Session-Id': session }
  const version = '2026-07-28'
  const named = { 'Mcp-Method': 'tools/call', 'Mcp-Name': 'echo' }
  return { ...accept, 'Mcp-Protocol-Version': version, ...named }
}

function bodyFor(era: 'legacy' | 'modern', id: number, params: object): string {
  const whole = era === 'modern' ? { ...params, _meta: envelope } : params
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: whole })
}

describe.each<Transport>(['stdio', 'http'])('over %s', (transport) => {
  verifies(
    ['security:V17', 'security:V18'],
    'V17: eight thousand calls of 64 clients with the same ids each get their own answer or none, whatever the server says',
    async () => {
      await using started = await startScripted(
        transport,
        { one: hostile(transport) },
        { entry: { timeoutMs: 1000, breaker: false } },
      )
      await askMcp(started.gateway, undefined, 'tools/list')
      const counts: Counts = { answered: 0, failed: 0, mismatched: [] }
      await Promise.all(
        Array.from({ length: clients }, (_, client) => callAll(started.gateway, client, counts)),
      )

      expect(counts.mismatched).toEqual([])
      expect(counts.answered + counts.failed).toBe(clients * rounds * 2)
      // Only what came after its time is lost.
      expect(counts.failed).toBeLessThan(clients * rounds * 2 * 0.02)
      expect(counts.failed).toBeGreaterThan(0)
    },
    60_000,
  )
})

verifies(
  'security:V18',
  'V18: what is a request and an answer at once is neither, and its call fails',
  async () => {
    const both: Script = {
      era: 'legacy',
      tools: [tool('echo')],
      on: {
        'tools/call': ({ heard, reply }) =>
          reply(`{"jsonrpc":"2.0","id":${heard.id},"method":"roots/list",${result}}`),
      },
    }
    for (const transport of ['stdio', 'http'] as const) {
      await using started = await startScripted(transport, { one: both })
      const params = { name: 'echo', arguments: {} }
      const { text } = await askMcp(started.gateway, undefined, 'tools/call', { params })

      expect(text).toContain('"error"')
      expect(text).not.toContain('forged')
    }
  },
)

verifies(
  'security:V17',
  'V17: what a server sends on a connection before it is asked is an answer to nothing',
  async () => {
    await using server = await startRawServer(({ socket }, request) => {
      const { id, method } = readRequest(request)
      if (id === undefined) return void socket.write(http(202, ''))
      socket.write(http(200, `{"jsonrpc":"2.0","id":${id},"result":${resultOf(method)}}`))
      // The next request is likely to have the next number.
      const next = [id + 1, id + 2].map((one) =>
        http(200, `{"jsonrpc":"2.0","id":${one},${result}}`),
      )
      if (method === 'tools/call') socket.write(next.join(''))
    })
    await using gateway = await startGateway({ servers: { one: { url: server.url.href } } })
    const params = { name: 'echo', arguments: {} }
    const texts: string[] = []
    for (let turn = 0; turn < 20; turn++) {
      const { text } = await askMcp(gateway, undefined, 'tools/call', { params })
      texts.push(text)
      await pause(turn % 5)
    }

    expect(texts.filter((text) => text.includes('forged'))).toEqual([])
    expect(texts.filter((text) => text.includes('honest')).length).toBeGreaterThan(10)
  },
)

function readRequest(request: string) {
  const body = request.slice(request.indexOf('\r\n\r\n') + 4)
  const { id, method }: { id?: number; method?: string } = JSON.parse(body === '' ? '{}' : body)
  return { id, method }
}

function http(status: number, body: string): string {
  return `HTTP/1.1 ${status} OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

function resultOf(method: string | undefined): string {
  if (method === 'initialize')
    return '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"raw","version":"1"}}'
  if (method === 'tools/list') return `{"tools":[${tool('echo')}]}`
  return method === 'tools/call' ? '{"content":[{"type":"text","text":"honest"}]}' : '{}'
}
