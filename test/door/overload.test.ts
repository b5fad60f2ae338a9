import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { exampleServer, makeBed } from './gateways.ts'
import { peerOf, statuses } from './opened.ts'

const version = '2026-07-28'

interface Asked {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: string
}

async function post(url: string, headers: Record<string, string>, message: object): Promise<Asked> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  })
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.text(),
  }
}

function modern(url: string, method: string, params: Record<string, unknown> = {}): Promise<Asked> {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const name = typeof params['name'] === 'string' ? { 'Mcp-Name': params['name'] } : {}
  const headers = { 'MCP-Protocol-Version': version, 'Mcp-Method': method, ...name }
  return post(url, headers, { id: 1, method, params: { ...params, _meta: meta } })
}

const call = { name: 'add', arguments: { a: 2, b: 3 } }

async function openSession(url: string): Promise<Record<string, string>> {
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 't', version: '1' },
  }
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  })
  await response.text()
  return { 'Mcp-Session-Id': response.headers.get('mcp-session-id') ?? '' }
}

/** The answer to a call of which only the head was sent. */
async function knocked(url: string): Promise<readonly number[]> {
  const peer = await peerOf(Number(new URL(url).port))
  const head = [
    'POST /mcp HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    `MCP-Protocol-Version: ${version}`,
    'Mcp-Method: tools/call',
    'Mcp-Name: add',
    'Content-Length: 100000',
  ]
  peer.socket.write(`${head.join('\r\n')}\r\n\r\n`)
  await Promise.race([peer.closed, pause(500)])
  peer.socket.destroy()
  return statuses(peer.received())
}

/** Keeps the gateway's one thread busy most of the time, from one signal to the next. */
const hog = `
let timer
process.on('SIGUSR2', () => {
  if (timer) return void (timer = clearInterval(timer))
  timer = setInterval(() => {
    const end = performance.now() + 60
    while (performance.now() < end);
  }, 70)
})
`

/** Fills most of the memory it may use, from one signal to the next. */
const hoard = `
let held
process.on('SIGUSR2', () => {
  if (held) return void (held = undefined)
  held = []
  const { heap_size_limit: limit } = process.getBuiltinModule('v8').getHeapStatistics()
  while (process.memoryUsage().heapUsed < limit * 0.87) held.push(Array.from({ length: 1000 }, (_, i) => ({ i })))
})
`

async function startInjected(code: string, options = '') {
  await using undo = new AsyncDisposableStack()
  const folder = undo.use(await createTempFolder())
  const injected = join(folder.path, 'inject.mjs')
  await writeFile(injected, code)
  const bed = undo.use(
    await makeBed({ servers: { example: exampleServer }, limits: { eventLoopDelayMs: 30 } }),
  )
  const env = { NODE_OPTIONS: `--import=${injected} ${options}` }
  const gateway = undo.use(await bed.start({ env }))
  await expect.poll(() => modern(bed.url, 'tools/call', call)).toMatchObject({ status: 200 })
  const owned = undo.move()
  return {
    url: bed.url,
    toggle: () => process.kill(gateway.pid, 'SIGUSR2'),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

verifies(
  'fault:F43-overload',
  'F43: while the gateway is late it refuses calls at once, and is back within five seconds after',
  async () => {
    await using gateway = await startInjected(hog)
    const { url } = gateway
    const session = await openSession(url)

    gateway.toggle()
    await expect
      .poll(() => modern(url, 'tools/call', call), { timeout: 10_000 })
      .toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^[123]$/) })
    await expect.poll(() => knocked(url), { timeout: 10_000 }).toEqual([503])
    const refusals: Asked[] = []
    for (let index = 0; index < 60; index++) refusals.push(await modern(url, 'tools/call', call))
    const old = await Promise.all(
      Array.from({ length: 20 }, (_, id) =>
        post(url, session, { id: id + 10, method: 'tools/call', params: call }),
      ),
    )
    const pings = await Promise.all(
      Array.from({ length: 20 }, (_, id) => post(url, session, { id: id + 100, method: 'ping' })),
    )
    const cancelled = await post(url, session, {
      method: 'notifications/cancelled',
      params: { requestId: 999 },
    })
    const ready = await fetch(new URL('/readyz', url))
    gateway.toggle()
    await expect
      .poll(
        async () => {
          const again = await Promise.all(
            Array.from({ length: 10 }, () => modern(url, 'tools/call', call)),
          )
          return again.every(({ status }) => status === 200)
        },
        { timeout: 30_000 },
      )
      .toBe(true)

    const refused = refusals.filter(({ status }) => status === 503)
    // How many are depends on how late the gateway is at the moment each comes.
    expect(refused.length).toBeGreaterThan(5)
    for (const { body } of refused)
      expect(JSON.parse(body)).toMatchObject({
        error: { data: { code: 'overloaded', outcome: 'not_executed', retryable: true } },
      })
    const oldRefused = old.filter(({ status }) => status === 503)
    expect(oldRefused.length).toBeGreaterThan(0)
    for (const { body } of oldRefused) expect(JSON.parse(body).id).toBeGreaterThanOrEqual(10)
    expect(pings.map(({ status }) => status)).toEqual(pings.map(() => 200))
    expect(cancelled.status).toBe(202)
    expect(ready.status).toBe(200)
  },
  60_000,
)

verifies(
  'fault:F56-memory',
  'F56: with little memory left calls are refused and lists served, until there is room again',
  async () => {
    await using gateway = await startInjected(hoard, '--max-old-space-size=256')
    const { url } = gateway

    gateway.toggle()
    await expect
      .poll(() => modern(url, 'tools/call', call), { timeout: 10_000 })
      .toMatchObject({ status: 503, body: expect.stringContaining('memory') })
    const lists = await Promise.all(Array.from({ length: 10 }, () => modern(url, 'tools/list')))
    gateway.toggle()

    expect(lists.map(({ status }) => status)).toEqual(lists.map(() => 200))
    await expect
      .poll(() => modern(url, 'tools/call', call), { timeout: 20_000 })
      .toMatchObject({ status: 200 })
  },
  60_000,
)
