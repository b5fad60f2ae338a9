import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { createRandom, type Random } from '../faults/lab/load/random.ts'
import { openHubBed } from './bed.ts'
import type { RawAgent } from './raw-agent.ts'
import { createRawKey, dialRaw, enrolledRaw, startRaw } from './raw-agent.ts'

/** For all tests of this file together. */
const seconds = process.env['CI'] ? 60 : 5

const good: readonly object[] = [
  { type: 'offer', servers: [{ name: 'files', era: 'modern' }] },
  { type: 'offer', servers: [] },
  { type: 'ack', received: 1 },
  { type: 'bye', reason: 'x' },
  {
    type: 'hello',
    protocol: 1,
    id: 'a'.repeat(32),
    key: 'k',
    signature: 's',
    audience: 'a',
    name: 'n',
  },
  { type: 'challenge', protocol: 1, nonce: 'n' },
  { jsonrpc: '2.0', id: 65_536, result: {} },
  { jsonrpc: '2.0', id: 65_536, error: { code: -1, message: 'x' } },
  { jsonrpc: '2.0', method: 'notifications/tools/list_changed' },
  { jsonrpc: '2.0', id: 1, method: 'sampling/createMessage', params: {} },
]

const oddValues: readonly unknown[] = [
  null,
  -1,
  1e308,
  '',
  '\u0000',
  '__proto__',
  'x'.repeat(5000),
  [],
  {},
  [[[[]]]],
  true,
  { name: '../../etc' },
]

/** A frame with something in it that should not be there. */
function oddFrame(random: Random): string {
  const frame: Record<string, unknown> = { ...random.pick(good) }
  const keys = Object.keys(frame)
  for (let change = random.below(3); change >= 0; change--) {
    const key = random.below(4) === 0 ? `odd${random.below(9)}` : random.pick(keys)
    if (random.below(3) === 0) delete frame[key]
    else frame[key] = random.pick(oddValues)
  }
  const text = JSON.stringify(frame)
  return random.below(5) === 0 ? text.slice(0, random.below(text.length + 1)) : text
}

function oddBytes(random: Random): Buffer {
  const bytes = Buffer.from(Array.from({ length: random.below(40) }, () => random.below(256)))
  if (bytes.length > 5 && random.below(2) === 0) {
    bytes.writeUInt8(random.below(5), 0)
    bytes.writeUInt32BE(random.below(4), 1)
  }
  return bytes
}

function sendOdd(agent: RawAgent, random: Random): void {
  const { webSocket } = agent
  const [stream = 1] = agent.streams.keys()
  switch (random.below(5)) {
    case 0:
      return webSocket.send(oddFrame(random))
    case 1:
      return webSocket.send(oddBytes(random))
    case 2:
      return agent.sendOn(stream, oddFrame(random))
    case 3:
      return agent.sendOn(random.below(5), oddBytes(random).toString('latin1'))
    default:
      return webSocket.send(random.pick(['', '{', 'null', '[]', '"x"', '{"type":"__proto__"}']))
  }
}

verifies(
  'agents:fuzz',
  'an agent that sends anything at all harms nobody but itself',
  async () => {
    await using bed = await openHubBed()
    const random = createRandom(1)
    const bystander = await enrolledRaw(bed, 'bystander', {
      files: [{ name: 'read', run: () => 'mine' }],
    })
    await expect.poll(() => bed.toolNames()).toContain('read')
    const key = createRawKey()
    await dialRaw({ port: bed.port, key, token: bed.book.issue('odd', 60_000).token })
    const until = Date.now() + seconds * 500
    let sent = 0
    while (Date.now() < until) {
      // Each time as another agent, so that none is held for coming back so often.
      bed.book.revoke(key.id)
      const fresh = createRawKey()
      const agent = await dialRaw({
        port: bed.port,
        key: fresh,
        token: bed.book.issue('odd', 60_000).token,
        servers: { odd: [{ name: 'odd', run: () => undefined }] },
      })
      for (let count = 0; count < 50 && agent.webSocket.readyState === 1; count++) {
        sendOdd(agent, random)
        sent++
        if (count % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      agent.webSocket.terminate()
      bed.book.revoke(fresh.id)
    }
    expect(sent).toBeGreaterThan(100)
    expect(await bed.call('read')).toMatchObject({ result: { content: [{ text: 'mine' }] } })
    expect(bystander.webSocket.readyState).toBe(1)
    expect(bed.faults).toEqual([])
  },
  seconds * 1000 + 30_000,
)

verifies(
  'agents:fuzz',
  'whatever comes before the hello, or in its place, ends that connection and nothing else',
  async () => {
    await using bed = await openHubBed()
    const random = createRandom(2)
    const key = createRawKey()
    bed.book.enrol(bed.book.issue('laptop', 60_000).token, { id: key.id, key: 'k' })
    const until = Date.now() + seconds * 250
    let closed = 0
    while (Date.now() < until) {
      const agent = startRaw({ port: bed.port, key })
      agent.webSocket.removeAllListeners('message')
      agent.webSocket.once('open', () => {
        if (random.below(2) === 0) agent.webSocket.send(oddFrame(random))
        else agent.webSocket.send(oddBytes(random))
      })
      await agent.closed
      closed++
    }
    expect(closed).toBeGreaterThan(10)
    await expect.poll(() => bed.hub.greeting).toBe(0)
    expect(bed.hub.size).toBe(0)
    expect(bed.faults).toEqual([])
  },
  seconds * 1000 + 30_000,
)

verifies(
  'agents:fuzz',
  'what is no WebSocket at all ends its connection and nothing else',
  async () => {
    await using bed = await openHubBed()
    const random = createRandom(3)
    const key = createRawKey()
    bed.book.enrol(bed.book.issue('laptop', 60_000).token, { id: key.id, key: 'k' })
    const until = Date.now() + seconds * 250
    let knocks = 0
    while (Date.now() < until) {
      const socket = connect(bed.port, '127.0.0.1')
      socket.on('error', () => undefined)
      const head = [
        'GET /agents HTTP/1.1',
        `Host: 127.0.0.1:${bed.port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        `Authorization: Agent ${key.id}`,
      ]
      const at = random.below(head.length + 1)
      if (random.below(3) === 0) head.splice(at, 1)
      socket.write(`${head.join('\r\n')}\r\n\r\n`)
      socket.write(Buffer.from(Array.from({ length: 64 }, () => random.below(256))))
      socket.end()
      socket.resume()
      await once(socket, 'close')
      knocks++
    }
    expect(knocks).toBeGreaterThan(10)
    await expect.poll(() => bed.hub.greeting).toBe(0)
    await dialRaw({ port: bed.port, key }).catch(() => undefined)
    expect(bed.faults).toEqual([])
  },
  seconds * 1000 + 30_000,
)
