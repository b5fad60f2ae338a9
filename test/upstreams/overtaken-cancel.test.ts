import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { callModern } from '../ends/clients.ts'
import { startGateway } from '../kit/gateway.ts'
import type { RawPeer } from '../kit/raw-server.ts'
import { startRawServer } from '../kit/raw-server.ts'
import { verifies } from '../requirements/verifies.ts'

verifies(
  'call:cancel:overtaken',
  'a cancellation that may have overtaken its request is said once more, and one that cannot have is not',
  async () => {
    const cancelled: unknown[] = []
    const calls = new Map<string, unknown>()
    await using server = await startRawServer((peer, request) => {
      const message = JSON.parse(request.slice(request.indexOf('\r\n\r\n')) || '{}')
      if (message.method === 'notifications/cancelled') cancelled.push(message.params.requestId)
      if (message.method !== 'tools/call') return answer(peer, message)
      const { name } = message.params
      calls.set(name, message.id)
      // Only this one shows that it was taken.
      if (name === 'shown')
        peer.socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: here\n\n')
    })
    await using gateway = await startGateway({
      servers: { far: { url: server.url.href, allowPrivate: true } },
    })
    const shown = callModern(gateway.url, 'shown')
    const silent = callModern(gateway.url, 'silent')
    await expect.poll(() => calls.size).toBe(2)
    // What was written is still on its way.
    await pause(200)

    shown.drop()
    silent.drop()

    const [first, second] = [calls.get('shown'), calls.get('silent')]
    await expect.poll(() => cancelled.filter((id) => id === second).length).toBe(2)
    expect(cancelled).toHaveLength(3)
    expect(cancelled).toContain(first)
  },
)

const greeting = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'raw', version: '1' },
}
const tools = ['shown', 'silent'].map((name) => ({ name, inputSchema: { type: 'object' } }))

function answer({ socket }: RawPeer, { id, method }: { id?: unknown; method?: string }): void {
  const write = (status: string, body = '') =>
    socket.write(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  if (method === undefined) return void write('405 No')
  if (id === undefined) return void write('202 Accepted')
  const known = { initialize: greeting, 'tools/list': { tools } }[method]
  const rest = known ? { result: known } : { error: { code: -32601, message: 'unknown' } }
  write('200 OK', JSON.stringify({ jsonrpc: '2.0', id, ...rest }))
}
