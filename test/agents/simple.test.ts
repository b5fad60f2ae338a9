import { once } from 'node:events'
import { expect } from 'vitest'
import { WebSocket } from 'ws'
import { verifies } from '../requirements/verifies.ts'
import type { HubBed } from './bed.ts'
import { openHubBed } from './bed.ts'

const simpleKey = 'a key of more than sixteen characters'.replaceAll(' ', '-')
const simple = { agents: { simple: true, simpleKey } }

/** An agent as system A knows them: it answers `tools/list` and `tools/call`, and nothing else. */
async function dialSimple({ port }: HubBed, id: string, said: string): Promise<WebSocket> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/agents/${id}`, {
    headers: { Authorization: `Bearer ${simpleKey}` },
  })
  webSocket.on('message', (data: Buffer) => {
    const { id: number, method, params } = JSON.parse(data.toString())
    const answer = (result: object) =>
      webSocket.send(JSON.stringify({ jsonrpc: '2.0', id: number, result }))
    if (method === 'initialize') {
      const error = { code: -32601, message: 'Method not found' }
      webSocket.send(JSON.stringify({ jsonrpc: '2.0', id: number, error }))
    }
    if (method === 'tools/list')
      answer({
        tools: [{ name: 'open_page', description: 'Opens', inputSchema: { type: 'object' } }],
      })
    if (method === 'tools/call')
      answer({ content: [{ type: 'text', text: `${said} ${params.arguments.url}` }] })
  })
  await once(webSocket, 'open')
  return webSocket
}

/** The status with which one is turned away. */
async function refused(bed: HubBed, headers: Record<string, string>): Promise<number> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${bed.port}/agents/browser`, { headers })
  webSocket.on('error', () => undefined)
  const [, response] = await once(webSocket, 'unexpected-response')
  webSocket.terminate()
  return Number(response.statusCode)
}

async function nextText(webSocket: WebSocket, message: object): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const listen = (data: Buffer) => {
    const frame = JSON.parse(data.toString())
    if (frame.method !== undefined) return
    webSocket.off('message', listen)
    resolve(frame)
  }
  webSocket.on('message', listen)
  webSocket.send(JSON.stringify(message))
  return promise
}

verifies('agents:simple:system-a', 'its tools are listed and called, and go with it', async () => {
  await using bed = await openHubBed(simple)
  const webSocket = await dialSimple(bed, 'browser-1', 'opened')
  await expect.poll(() => bed.toolNames()).toEqual(['open_page'])
  expect(await bed.call('open_page', { url: 'https://a.example' })).toMatchObject({
    result: { content: [{ type: 'text', text: 'opened https://a.example' }] },
  })
  expect(bed.gateway.server('browser-1')).toMatchObject({
    state: 'ready',
    config: { transport: 'agent', timeoutMs: 30_000 },
  })
  expect(await nextText(webSocket, { jsonrpc: '2.0', id: 9, method: 'ping' })).toEqual({
    jsonrpc: '2.0',
    id: 9,
    result: 'pong',
  })
  expect(await nextText(webSocket, { type: 'ping' })).toEqual({ type: 'pong' })
  webSocket.close()
  await expect.poll(() => bed.toolNames()).toEqual([])
})

verifies('agents:simple:system-a', 'two agents with the same tool stay apart', async () => {
  await using bed = await openHubBed(simple)
  await dialSimple(bed, 'one', 'one')
  await dialSimple(bed, 'two', 'two')
  await expect
    .poll(async () => (await bed.toolNames()).toSorted())
    .toEqual(['one__open_page', 'two__open_page'])
  expect(await bed.call('two__open_page', { url: 'x' })).toMatchObject({
    result: { content: [{ text: 'two x' }] },
  })
})

verifies('agents:simple:system-a', 'a newer one of the same name takes over', async () => {
  await using bed = await openHubBed(simple)
  const old = await dialSimple(bed, 'browser', 'old')
  await expect.poll(() => bed.toolNames()).toEqual(['open_page'])
  const closed = once(old, 'close')
  await dialSimple(bed, 'browser', 'new')
  expect((await closed)[0]).toBe(4409)
  await expect.poll(() => bed.toolNames()).toEqual(['open_page'])
  expect(await bed.call('open_page', { url: 'x' })).toMatchObject({
    result: { content: [{ text: 'new x' }] },
  })
})

verifies(
  'agents:simple:system-a',
  'without being switched on, or without the key, nobody gets in',
  async () => {
    const good = { Authorization: `Bearer ${simpleKey}` }
    for (const agents of [{}, { simpleKey }, { simple: true }]) {
      await using bed = await openHubBed({ agents })
      expect(await refused(bed, good)).toBe(404)
    }
    await using bed = await openHubBed(simple)
    expect(await refused(bed, {})).toBe(401)
    expect(await refused(bed, { Authorization: 'Bearer wrong' })).toBe(401)
    expect(await refused(bed, { ...good, Origin: 'https://evil.example' })).toBe(403)
  },
)
