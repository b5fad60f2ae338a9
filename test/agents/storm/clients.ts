import type { KeyObject } from 'node:crypto'
import { createPrivateKey, sign } from 'node:crypto'
import { WebSocket } from 'ws'
import { comeBackMs, redialMs } from '../../../src/apps/agent/redial.ts'
import { agentSubprotocol, signedText, streamFrames } from '../../../src/contract/agents.ts'
import type { ClientsOrder, ClientsReport, StormAgent } from './messages.ts'

/** Many agents in one process, each of as little as possible: they dial, offer one server and come back when cut off. */
const tools = Array.from({ length: 16 }, (_, index) => ({
  name: `tool_${index}`,
  description: `Does the thing with number ${index}, as every agent here does.`,
  inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
}))
const discovered = {
  resultType: 'complete',
  supportedVersions: ['2026-07-28'],
  capabilities: { tools: {} },
  ttlMs: 0,
  cacheScope: 'private',
}
const listed = { resultType: 'complete', tools, ttlMs: 0, cacheScope: 'private' }
const called = { resultType: 'complete', content: [{ type: 'text', text: 'done' }] }
const answers: Readonly<Record<string, string>> = {
  'server/discover': JSON.stringify(discovered),
  'tools/list': JSON.stringify(listed),
  'tools/call': JSON.stringify(called),
}
const offer = JSON.stringify({ type: 'offer', servers: [{ name: 'tools', era: 'modern' }] })

let refused = 0

// Whoever started it is gone.
process.on('disconnect', () => process.exit())
process.on('message', (order: ClientsOrder) => {
  for (const agent of order.agents) {
    const privateKey = createPrivateKey(agent.key)
    // They do not all come in the same moment, as after a restart they would not either.
    setTimeout(() => dial(agent, privateKey, order), Math.random() * order.spreadMs)
  }
})

function dial(agent: StormAgent, privateKey: KeyObject, order: ClientsOrder, failures = 0): void {
  const host = `127.0.0.1:${order.port}`
  const { id, publicKey } = agent
  const webSocket = new WebSocket(`ws://${host}/agents`, agentSubprotocol, {
    headers: { Authorization: `Agent ${id}` },
    perMessageDeflate: false,
  })
  let isWelcome = false
  let retryAfterMs: number | undefined
  webSocket.on('error', () => undefined)
  webSocket.on('unexpected-response', (_request, response) => {
    refused++
    const { 'retry-after': seconds } = response.headers
    if (seconds !== undefined) retryAfterMs = 1000 * Number(seconds)
    webSocket.terminate()
  })
  webSocket.on('close', () => {
    // As the program itself does.
    const failed = isWelcome ? 0 : retryAfterMs === undefined ? failures + 1 : failures
    const waitMs =
      retryAfterMs === undefined
        ? redialMs(failed, Math.random)
        : comeBackMs(retryAfterMs, Math.random)
    setTimeout(() => dial(agent, privateKey, order, failed), waitMs)
  })
  let arrived = 0
  webSocket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) {
      received(webSocket, data)
      return webSocket.send(`{"type":"ack","received":${++arrived}}`)
    }
    const frame = JSON.parse(data.toString())
    if (frame.type === 'welcome') {
      isWelcome = true
      return webSocket.send(offer)
    }
    if (frame.type !== 'challenge') return
    const signed = Buffer.from(signedText({ nonce: frame.nonce, audience: host, id }))
    const signature = sign(undefined, signed, privateKey).toString('base64url')
    const hello = { type: 'hello', protocol: 1, id, key: publicKey, signature, audience: host }
    webSocket.send(JSON.stringify({ ...hello, name: 'storm' }))
  })
}

function received(webSocket: WebSocket, data: Buffer): void {
  if (data[0] !== streamFrames.message) return
  const { id, method } = JSON.parse(data.toString('utf8', 5))
  const result = answers[method]
  if (result === undefined) return
  const head = Buffer.from(data.subarray(0, 5))
  webSocket.send(
    Buffer.concat([head, Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":${result}}`)]),
  )
}

setInterval(() => {
  const { user, system } = process.cpuUsage()
  const report: ClientsReport = { refused, cpuMs: (user + system) / 1000 }
  process.send?.(report, () => undefined)
}, 500).unref()
