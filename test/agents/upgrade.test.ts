import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import type { HubBed } from './bed.ts'
import { openHubBed } from './bed.ts'
import { createRawKey, dialRaw, startRaw } from './raw-agent.ts'

/** All that comes back for an upgrade request with these header lines. */
async function knock({ port }: HubBed, path: string, lines: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (part: string) => (text += part))
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      ...(lines.some((line) => line.startsWith('Host:')) ? [] : [`Host: 127.0.0.1:${port}`]),
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: gantry-agent.1',
      ...lines,
      '',
      '',
    ].join('\r\n'),
  )
  await Promise.race([once(socket, 'close'), pause(1000, undefined, { ref: false })])
  socket.destroy()
  return text
}

const status = (text: string) => Number(text.slice(9, 12))

verifies(
  ['agents:upgrade:V10', 'security:V10'],
  'web pages and strangers get no WebSocket',
  async () => {
    await using bed = await openHubBed()
    const { id } = createRawKey()
    bed.book.enrol(bed.book.issue('laptop', 60_000).token, { id, key: 'k' })
    const known = `Authorization: Agent ${id}`

    expect(status(await knock(bed, '/agents', [known]))).toBe(101)
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${bed.port}`])
      expect(status(await knock(bed, '/agents', [known, `Origin: ${origin}`]))).toBe(403)
    // Of a web page nobody looks at what it shows.
    for (const shown of [[], ['Authorization: Bearer garbage']])
      expect(status(await knock(bed, '/agents', [...shown, 'Origin: null']))).toBe(403)
    expect(status(await knock(bed, '/agents', []))).toBe(401)
    for (const query of [`?id=${id}`, '?access_token=x', '?'])
      expect(status(await knock(bed, `/agents${query}`, []))).toBe(query === '?' ? 401 : 400)
    expect(status(await knock(bed, '/agents', [`Authorization: Agent ${'0'.repeat(32)}`]))).toBe(
      401,
    )
    expect(status(await knock(bed, '/agents', ['Authorization: Bearer gae_wrong']))).toBe(401)
    expect(status(await knock(bed, '/agents', ['Authorization: Bearer garbage']))).toBe(401)
    expect(status(await knock(bed, '/agents', [known, 'Host: evil.example']))).toBe(403)
    expect(status(await knock(bed, `/agents?token=${id}`, [known]))).toBe(400)
    expect(status(await knock(bed, '/agents/laptop', [known]))).toBe(404)
    expect(status(await knock(bed, '/elsewhere', [known]))).toBe(404)
    await expect.poll(() => bed.hub.greeting).toBe(0)
    expect(bed.hub.size).toBe(0)
  },
)

verifies(['agents:upgrade:V10', 'security:V10'], 'no compression is agreed to', async () => {
  await using bed = await openHubBed()
  const { id } = createRawKey()
  bed.book.enrol(bed.book.issue('laptop', 60_000).token, { id, key: 'k' })
  const answer = await knock(bed, '/agents', [
    `Authorization: Agent ${id}`,
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  ])
  expect(status(answer)).toBe(101)
  expect(answer.toLowerCase()).not.toContain('sec-websocket-extensions')
})

verifies(
  ['agents:upgrade:V14', 'security:V14'],
  'who says nothing is put out and gives its place back',
  async () => {
    await using bed = await openHubBed({
      agents: { handshakesPerAddress: 2 },
      timing: { helloMs: 300 },
    })
    const silent = [1, 2].map(() => {
      const key = createRawKey()
      const { token } = bed.book.issue('silent', 60_000)
      const agent = startRaw({ port: bed.port, key, token })
      // Asked who it is, it keeps still.
      agent.webSocket.removeAllListeners('message')
      return agent
    })
    await expect.poll(() => bed.hub.greeting).toBe(2)
    const { token } = bed.book.issue('laptop', 60_000)
    const key = createRawKey()
    await expect(dialRaw({ port: bed.port, key, token })).rejects.toMatchObject({ status: 503 })

    for (const { closed } of silent) expect(await closed).toMatchObject({ code: 4408 })
    await dialRaw({ port: bed.port, key, token })
    expect(bed.hub.size).toBe(1)
  },
)

verifies(
  ['agents:upgrade:V14', 'security:V14'],
  'more agents than there is room for are told to come back',
  async () => {
    await using bed = await openHubBed({ agents: { limit: 1 } })
    const dialOne = () =>
      dialRaw({
        port: bed.port,
        key: createRawKey(),
        token: bed.book.issue('laptop', 60_000).token,
      })
    await dialOne()
    await expect(dialOne()).rejects.toMatchObject({ status: 503 })
  },
)

/** Connections that never get as far as to say who they are. */
function crowd(bed: HubBed, count: number, text: string): Disposable {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(bed.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume().write(text)
    return socket
  })
  return {
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

verifies(
  ['agents:upgrade:V14', 'security:V14'],
  'a crowd that begins and goes no further leaves room for who comes from elsewhere',
  async () => {
    await using bed = await openHubBed({
      agents: { handshakesPerAddress: 16 },
      timing: { helloMs: 60_000 },
      connections: 3000,
    })
    const known = createRawKey()
    bed.book.enrol(bed.book.issue('known', 60_000).token, { id: known.id, key: 'k' })
    const head = `GET /agents HTTP/1.1\r\nHost: 127.0.0.1:${bed.port}\r\n`
    const rest = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      `Authorization: Agent ${known.id}`,
    ].join('\r\n')
    using crowds = new DisposableStack()
    crowds.use(crowd(bed, 1000, `${head}Connection: Upgrade\r\n`))
    crowds.use(crowd(bed, 500, `${head}${rest}\r\n\r\n`))
    await expect.poll(() => bed.hub.greeting).toBe(16)

    const before = process.memoryUsage.rss()
    const key = createRawKey()
    const { token } = bed.book.issue('laptop', 60_000)
    const servers = { files: [{ name: 'read', run: () => 'mine' }] }
    const here = { port: bed.port, key, token, servers }
    await expect(dialRaw(here)).rejects.toMatchObject({ status: 503 })
    await dialRaw({ ...here, localAddress: '127.0.0.2' })
    await expect.poll(() => bed.toolNames()).toEqual(['read'])
    expect(await bed.call('read')).toMatchObject({ result: { content: [{ text: 'mine' }] } })
    expect(bed.hub.greeting).toBeLessThanOrEqual(16)
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024)
  },
)
