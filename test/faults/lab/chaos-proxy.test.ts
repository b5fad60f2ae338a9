import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'

import { startChaosProxy, type Chaos, type ChaosProxy } from './chaos-proxy.ts'

test('bytes pass a healthy way, a slow one and one that slices, as they were', async () => {
  await using bed = await startEcho()
  const text = 'héllo '.repeat(2000)

  for (const chaos of [
    {},
    { up: { latencyMs: 5, jitterMs: 5 } },
    { down: { sliceBytes: 100 } },
    { down: { bytesPerSecond: 500_000 } },
  ])
    expect(await said(bed.proxy, chaos, text)).toEqual({ heard: text, end: 'end' })
})

test('a limit closes the way in order, a reset breaks it', async () => {
  await using bed = await startEcho()

  expect(await said(bed.proxy, { down: { limitBytes: 3 } }, 'abcdef')).toEqual({
    heard: 'abc',
    end: 'end',
  })
  const { end } = await said(bed.proxy, { down: { resetAfterBytes: 3 } }, 'abcdef')
  expect(end).toBe('ECONNRESET')
})

test('a half close ends one direction and leaves the other', async () => {
  await using bed = await startEcho()
  bed.proxy.become({ down: { halfCloseAfterBytes: 1 } })
  const socket = connect(bed.proxy.port, '127.0.0.1').on('error', () => undefined)
  socket.write('a')
  await once(socket.resume(), 'end')

  expect(socket.writable).toBe(false)
  await expect.poll(() => bed.heard()).toBe('a')
})

test('a blackhole swallows what is said and keeps the connection', async () => {
  await using bed = await startEcho()
  bed.proxy.become({ up: { isBlackhole: true } })
  const socket = connect(bed.proxy.port, '127.0.0.1').on('error', () => undefined)
  socket.write('lost')
  await expect.poll(() => bed.proxy.counts().open).toBe(1)

  bed.proxy.become({})
  socket.write('heard')
  const [bytes] = await once(socket, 'data')

  expect(String(bytes)).toBe('heard')
  socket.destroy()
})

test('what is open is reset at once, and a proxy that is down refuses', async () => {
  await using bed = await startEcho()
  const socket = connect(bed.proxy.port, '127.0.0.1')
  socket.write('x')
  await once(socket, 'data')

  const broken = once(socket, 'error')
  expect(bed.proxy.resetAll()).toBe(1)
  expect(String(await broken)).toContain('ECONNRESET')

  await bed.proxy.goDown()
  expect((await said(bed.proxy, {}, 'x')).end).toBe('ECONNREFUSED')
  await bed.proxy.comeUp()
  expect((await said(bed.proxy, {}, 'x')).heard).toBe('x')
})

interface Bed extends AsyncDisposable {
  readonly proxy: ChaosProxy
  /** What came through to the server. */
  heard(): string
}

/** A server that says back what it hears, behind a proxy. */
async function startEcho(): Promise<Bed> {
  await using undo = new AsyncDisposableStack()
  let heard = ''
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      heard += String(bytes)
    })
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.defer(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const proxy = undo.use(await startChaosProxy(port))
  const owned = undo.move()
  return { proxy, heard: () => heard, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Says a text through the proxy and listens until the end. */
async function said(
  proxy: ChaosProxy,
  chaos: Chaos,
  text: string,
): Promise<{ heard: string; end: string }> {
  proxy.become(chaos)
  const socket = connect(proxy.port, '127.0.0.1')
  const pieces: Buffer[] = []
  const end = new Promise<string>((resolve) => {
    socket.on('end', () => resolve('end'))
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message))
  })
  socket.on('data', (bytes: Buffer) => void pieces.push(bytes))
  socket.end(text)
  const how = await end
  return { heard: String(Buffer.concat(pieces)), end: how }
}
