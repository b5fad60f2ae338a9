import { expect } from 'vitest'
import { modernClient } from '../fixtures/scripted/clients.ts'
import { exchange } from '../fixtures/scripted/wire-client.ts'
import { verifies } from '../requirements/verifies.ts'
import { exampleServer, makeBed } from './gateways.ts'
import type { Peer } from './opened.ts'
import { get, peerOf, statuses } from './opened.ts'

verifies(
  'fault:F55-file-descriptors',
  'F55: clients that want all file descriptors are told so, those inside are served, a server starts all the same, and all is well when they leave',
  async () => {
    await using bed = await makeBed({ servers: { lazy: { ...exampleServer, start: 'lazy' } } })
    await using gateway = await bed.start({ shell: 'ulimit -n 256' })
    const first = await peerOf(bed.port)
    first.socket.write(get('/livez'))
    await expect.poll(() => statuses(first.received())).toEqual([200])

    const crowd: Peer[] = []
    for (let index = 0; index < 400; index++) crowd.push(await peerOf(bed.port))
    await expect.poll(() => crowd.filter(isTurnedAway).length).toBeGreaterThan(200)
    const refused = crowd.filter(isTurnedAway).length
    // One that is inside has a server started that has not run yet.
    const inside = crowd.filter((peer) => !isTurnedAway(peer) && !peer.socket.destroyed)
    const [caller] = inside
    caller?.socket.write(callText)
    await expect.poll(() => caller?.received(), { timeout: 10_000 }).toContain('"text":"5"')
    first.socket.write(get('/livez'))
    await expect.poll(() => statuses(first.received())).toEqual([200, 200])
    const outside = await exchange(bed.url, { method: 'GET' })
    for (const { socket } of crowd) socket.destroy()
    await expect
      .poll(async () => (await modernClient(bed.url).ask('tools/list')).status, { timeout: 10_000 })
      .toBe(200)

    expect(refused).toBeLessThan(400)
    expect(outside.status).toBe(503)
    expect(gateway.stderr()).not.toMatch(/EMFILE|uncaught/)
  },
  60_000,
)

function isTurnedAway({ received }: Peer): boolean {
  return statuses(received())[0] === 503
}

const body = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'add',
    arguments: { a: 2, b: 3 },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
})

const callText = [
  'POST /mcp HTTP/1.1',
  'Host: 127.0.0.1',
  'Content-Type: application/json',
  'MCP-Protocol-Version: 2026-07-28',
  'Mcp-Method: tools/call',
  'Mcp-Name: add',
  `Content-Length: ${body.length}`,
  '',
  body,
].join('\r\n')
