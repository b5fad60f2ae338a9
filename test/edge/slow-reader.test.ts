import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

const chatterbox = resolve(import.meta.dirname, '../fixtures/edge/chatterbox.ts')

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

function callText(port: number): string {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'chatter', arguments: {}, _meta: { ...envelope, progressToken: 'p' } },
  })
  const headers = [
    `POST /mcp HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    'MCP-Protocol-Version: 2026-07-28',
    'Mcp-Method: tools/call',
    'Mcp-Name: chatter',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return `${headers.join('\r\n')}\r\n\r\n${body}`
}

verifies(
  'surface:http:slow-reader',
  'a client that reads nothing is cut off before much waits for it',
  async () => {
    const server = { command: process.execPath, args: [chatterbox] }
    await using gateway = await startGateway({ servers: { chatterbox: server } })
    // The lists have to be known before a call can be routed.
    await expect
      .poll(async () => (await fetch(new URL('/api/servers', gateway.url))).text())
      .toContain('"tools":1')
    const before = await residentMegabytes(gateway.pid)

    const socket = connect(gateway.port, '127.0.0.1')
    const closed = new Promise<void>((resolveClosed) => {
      socket.once('close', () => resolveClosed())
    })
    socket.on('error', () => socket.destroy())
    socket.pause()
    socket.write(callText(gateway.port))
    await pause(3000)
    const during = await residentMegabytes(gateway.pid)
    // What the gateway sent before it gave up can be read now, and then the end is seen.
    socket.resume()
    await closed

    expect(during - before).toBeLessThan(100)
    expect((await fetch(new URL('/livez', gateway.url))).status).toBe(200)
  },
)
