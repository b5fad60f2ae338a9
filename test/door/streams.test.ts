import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { openFilesLimit } from '../../src/apps/gateway/open-files.ts'
import { isRecord } from '../../src/kit/is-record.ts'
import { legacyClient, modernClient } from '../fixtures/scripted/clients.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { exampleServer } from './gateways.ts'
import { look } from './look.ts'
import { peerOf } from './opened.ts'

const envelope =
  '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}'

function requestText(method: string, params: string, name?: string): string {
  const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"_meta":{${envelope}}${params}}}`
  const lines = [
    'POST /mcp HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    'MCP-Protocol-Version: 2026-07-28',
    `Mcp-Method: ${method}`,
    ...(name === undefined ? [] : [`Mcp-Name: ${name}`]),
    `Content-Length: ${body.length}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
}

interface Stream {
  readonly socket: Socket
  /** Whether it was told that the list is another one now. */
  readonly isTold: () => boolean
}

const listening = requestText('subscriptions/listen', ',"notifications":{"toolsListChanged":true}')

/** A stream of which next to nothing is kept, so that this process can hold many. */
function openStream(port: number): Promise<Stream> {
  return new Promise((resolve, reject) => {
    let isTold = false
    const socket = connect(port, '127.0.0.1', () => socket.write(listening))
    socket.once('error', reject)
    socket.on('data', (bytes) => {
      if (bytes.includes('list_changed')) isTold = true
      if (bytes.includes('acknowledged')) resolve({ socket, isTold: () => isTold })
    })
  })
}

const offered = [tool('one')]
const changing: Script = {
  era: 'modern',
  capabilities: { tools: { listChanged: true } },
  tools: offered,
  on: { 'tools/call': ({ answer }) => answer(textResult('done')) },
}

verifies(
  'fault:F42-idle-streams',
  'F42: ten thousand idle streams cost little each, have no timer, and all hear of a change while others are served',
  async ({ annotate }) => {
    const count = Math.min(10_000, (openFilesLimit() ?? 4096) - 2000)
    await using started = await startScripted(
      'http',
      { one: changing },
      { config: { limits: { connections: 16_000 } } },
    )
    const { gateway, servers } = started
    const client = modernClient(gateway.url)
    await client.ask('tools/list')
    await openAndLeave(gateway.port, 500)
    const before = await residentBytes(gateway.pid)
    const timersBefore = await timers(gateway.folder)

    const streams: Stream[] = []
    while (streams.length < count) {
      const more = Math.min(250, count - streams.length)
      const opened = Array.from({ length: more }, () => openStream(gateway.port))
      streams.push(...(await Promise.all(opened)))
    }
    const after = await residentBytes(gateway.pid)
    const timersAfter = await timers(gateway.folder)
    offered.push(tool('two'))
    servers.one.announce('notifications/tools/list_changed')
    await expect.poll(() => streams.every(({ isTold }) => isTold()), { timeout: 15_000 }).toBe(true)
    const served = await client.ask('tools/call', '{"name":"one"}')
    for (const { socket } of streams) socket.destroy()
    const perStream = (after - before) / count

    expect(served.status).toBe(200)
    await annotate(`${Math.round(perStream)} bytes a stream`)
    expect(perStream).toBeLessThan(24 * 1024)
    expect(timersAfter - timersBefore).toBeLessThan(10)
    await expect
      .poll(async () => (await look(gateway.folder)).counts['waiting_clients'], { timeout: 10_000 })
      .toBe(0)
  },
  60_000,
)

async function openAndLeave(port: number, count: number): Promise<void> {
  const streams = await Promise.all(Array.from({ length: count }, () => openStream(port)))
  for (const { socket } of streams) socket.destroy()
  await pause(200)
}

async function timers(folder: string): Promise<number> {
  return (await look(folder)).process.handles['Timeout'] ?? 0
}

const large = 'x'.repeat(12 * 1024 * 1024)
const talkative: Script = {
  era: 'modern',
  tools: [tool('large'), tool('chatty')],
  on: {
    'tools/call': ({ heard, answer, say }) => {
      const meta = heard.params['_meta']
      const progressToken = isRecord(meta) ? meta['progressToken'] : undefined
      const report = (progress: number, message: string): void => {
        const params = JSON.stringify({ progressToken, progress, message })
        say(`{"jsonrpc":"2.0","method":"notifications/progress","params":${params}}`)
      }
      if (heard.params['name'] === 'large') {
        report(1, 'soon')
        return answer(textResult(large))
      }
      const padding = large.slice(0, 100_000)
      for (let progress = 0; progress < 400; progress++) report(progress, padding)
      answer(textResult('done'))
    },
  },
}

verifies(
  'fault:F41-slow-reader',
  'F41: a reader that stops is cut off, and one that reads late still gets an answer larger than what may wait',
  async () => {
    await using started = await startScripted('http', { one: talkative })
    const { gateway } = started
    await modernClient(gateway.url).ask('tools/list')
    const deaf = await peerOf(gateway.port)
    const late = await peerOf(gateway.port)
    for (const { socket } of [deaf, late]) socket.pause()
    deaf.socket.write(withToken('chatty'))
    late.socket.write(withToken('large'))
    await pause(1500)
    for (const { socket } of [deaf, late]) socket.resume()
    await deaf.closed
    await expect
      .poll(() => late.received().length, { timeout: 10_000 })
      .toBeGreaterThan(large.length)

    expect(late.received().slice(0, 300)).toContain('text/event-stream')
    expect(deaf.received().slice(0, 300)).toContain('text/event-stream')
    expect(deaf.received().includes('"done"')).toBe(false)
    const { status } = await modernClient(gateway.url).ask('tools/list')
    expect(status).toBe(200)
  },
  30_000,
)

/** A call that wants to be told of its progress. */
function withToken(name: string): string {
  const text = requestText('tools/call', `,"name":"${name}"`, name)
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const longer = body.replace('"_meta":{', '"_meta":{"progressToken":"p",')
  return `${head.replace(/Content-Length: \d+/, `Content-Length: ${longer.length}`)}\r\n\r\n${longer}`
}

verifies(
  'fault:F45-abandoned-sessions',
  'F45: ten thousand sessions that are left behind do not stay: the oldest are ended, and memory does not grow',
  async () => {
    const limit = 500
    await using gateway = await startGateway({
      servers: { example: exampleServer },
      limits: { sessions: limit },
    })
    const first = await legacyClient(gateway.url)
    await abandon(gateway.url, 2000)
    const before = await residentBytes(gateway.pid)
    await abandon(gateway.url, 8000)
    const after = await residentBytes(gateway.pid)
    const last = await legacyClient(gateway.url)
    const { counts } = await look(gateway.folder)

    expect(counts['sessions']).toBe(limit)
    expect((await first.open('ping')).status).toBe(404)
    expect((await last.open('ping')).status).toBe(200)
    expect(after - before).toBeLessThan(30 * 1024 * 1024)
  },
  60_000,
)

/** Opens sessions that nobody uses or ends. */
async function abandon(url: string, count: number): Promise<void> {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'leaver', version: '1' },
    },
  })
  const headers = {
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
  }
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const response = await fetch(url, { method: 'POST', headers, body })
      await response.arrayBuffer()
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}
