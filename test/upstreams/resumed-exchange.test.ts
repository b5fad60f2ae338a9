import { expect } from 'vitest'
import { readServer } from '../../src/contract/config/read.ts'
import { resumedExchange } from '../../src/upstreams/http/resumed-exchange.ts'
import type { HttpWire } from '../../src/upstreams/http/wire.ts'
import { createMessageReader } from '../../src/wire/message.ts'
import { startRawServer } from '../kit/raw-server.ts'
import { openClient } from '../kit/relayed.ts'
import { verifies } from '../requirements/verifies.ts'

const firstEvent = 'id: 1\nretry: 100\ndata: {"jsonrpc":"2.0","method":"notifications/message"}\n\n'
const stream = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n${firstEvent}`
const error = '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"No"}}'
const refusal = (status: number) =>
  `HTTP/1.1 ${status} No\r\nContent-Type: application/json\r\nContent-Length: ${error.length}\r\n\r\n${error}`

/** What one request comes to at a server whose stream breaks off and that answers so when it is asked to go on. */
async function told(...answers: readonly string[]) {
  const rest = [...answers]
  await using server = await startRawServer(({ socket }, request) => {
    if (request.startsWith('POST')) socket.end(stream)
    else socket.write(rest.shift() ?? '')
  })
  using relay = openClient(server.url)
  const config = readServer('far', { url: server.url.href })
  if (config.transport !== 'http') throw new Error('an address is a server over HTTP')
  const wire: HttpWire = {
    server: 'far',
    config,
    relay,
    limitBytes: 10_000,
    read: createMessageReader(),
    baseHeaders: '',
    later: (ms, work) => void setTimeout(work, ms),
    hide: (text) => text,
  }
  const greeting = {
    era: 'legacy',
    protocolVersion: '2025-11-25',
    capabilities: {},
    serverInfo: '{}',
    instructions: undefined,
  } as const
  const messages: string[] = []
  const { promise, resolve } = Promise.withResolvers<number>()
  resumedExchange(wire, { greeting, id: 'one', headers: 'Mcp-Session-Id: one\r\n' }, '{}', {
    isWaiting: () => true,
    message: (bytes) => void messages.push(String(bytes)),
    end: ({ status }) => resolve(status),
    failed: () => resolve(0),
  })
  return { status: await promise, messages: messages.length, asked: server.requests.slice(1) }
}

verifies(
  'fault:F25',
  'why a stream cannot be taken up again is no answer: the request ends as its stream did',
  async () => {
    for (const status of [400, 405, 415]) {
      const { asked, ...ended } = await told(refusal(status))

      expect(ended).toEqual({ status: 200, messages: 1 })
      expect(asked).toEqual([expect.stringContaining('Last-Event-ID: 1\r\n')])
    }
    expect(await told(refusal(404))).toMatchObject({ status: 404, messages: 1 })
  },
)

verifies(
  'fault:F25',
  'a server that fails to go on is asked three times more, and no more',
  async () => {
    const { asked, ...ended } = await told(...Array.from({ length: 10 }, () => refusal(500)))

    expect(ended).toEqual({ status: 200, messages: 1 })
    expect(asked).toHaveLength(4)
  },
)
