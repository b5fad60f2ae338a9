import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { startRawServer } from '../kit/raw-server.ts'
import { openClient, post } from '../kit/relayed.ts'

const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const bodyOf = (request: string) => request.slice(request.indexOf('\r\n\r\n') + 4)

const silence = Promise.resolve('silent')

/** A server that answers when it is told to, with the body of the request. */
async function startPatient() {
  const held: { readonly socket: Socket; readonly body: string }[] = []
  const server = await startRawServer(({ socket }, request) => {
    held.push({ socket, body: bodyOf(request) })
  })
  const answerNext = async () => {
    await expect.poll(() => held.length).toBeGreaterThan(0)
    const { socket, body } = held.shift() ?? { socket: undefined, body: '' }
    socket?.write(ok(body))
    return { socket, body }
  }
  return { ...server, held, answerNext }
}

test('no more connections are opened than allowed; the others wait their turn', async () => {
  await using server = await startPatient()
  const { held, answerNext } = server
  using client = openClient(server.url, { connections: 2 })
  const answers = ['a', 'b', 'c', 'd', 'e'].map(async (body) => post(client, body).answer)

  const served: string[] = []
  await expect.poll(() => held.length).toBe(2)
  for (let count = 0; count < 5; count++) served.push((await answerNext()).body)

  expect(await Promise.all(answers)).toEqual(
    ['a', 'b', 'c', 'd', 'e'].map((body) => ({ status: 200, contentType: '', body })),
  )
  expect(served.slice(0, 2).toSorted()).toEqual(['a', 'b'])
  expect(served.slice(2)).toEqual(['c', 'd', 'e'])
  expect(server.connections()).toBe(2)
})

test('who waits for a connection that dies gets a new one', async () => {
  await using server = await startPatient()
  const { held, answerNext } = server
  using client = openClient(server.url, { connections: 1 })
  const [first, second] = [post(client, 'first'), post(client, 'second')]
  await expect.poll(() => held.length).toBe(1)

  held.shift()?.socket.destroy()

  expect(await first.answer).toMatchObject({ wasSent: true })
  await answerNext()
  expect(await second.answer).toMatchObject({ body: 'second' })
  expect(server.connections()).toBe(2)
})

test('more requests than may wait are refused as not sent', async () => {
  await using server = await startPatient()
  using client = openClient(server.url, { connections: 1 })
  const sent = Array.from({ length: 1 + 4096 }, () => post(client))

  expect(await post(client).answer).toEqual({
    problem: 'too many requests are waiting for a connection',
    wasSent: false,
  })
  for (const { handle } of sent) handle.abandon()
})

test('a server that does not listen fails the request as not sent', async () => {
  const server = await startRawServer(() => {})
  await server[Symbol.asyncDispose]()
  using client = openClient(server.url)

  expect(await post(client).answer).toEqual({
    problem: expect.stringContaining('ECONNREFUSED'),
    wasSent: false,
  })
})

test('an address that is refused is sent nothing', async () => {
  await using server = await startRawServer(({ socket }) => socket.write(ok('')))
  using client = openClient(server.url, { checkAddress: (address) => `${address} is not allowed` })

  expect(await post(client).answer).toEqual({
    problem: '127.0.0.1 is not allowed',
    wasSent: false,
  })
  expect(server.requests).toEqual([])
})

test('a name that never resolves fails the request as not sent, within the bound', async () => {
  using client = openClient(new URL('http://nowhere.invalid/'), {
    lookup: () => {},
    connectTimeoutMs: 50,
  })

  expect(await post(client).answer).toEqual({
    problem: 'no address for its name within 50 ms',
    wasSent: false,
  })
})

test('closing fails what is under way as sent and what waits as not sent', async () => {
  await using server = await startPatient()
  const { held } = server
  const client = openClient(server.url, { connections: 1 })
  const [first, second] = [post(client, 'first'), post(client, 'second')]
  await expect.poll(() => held.length).toBe(1)

  client[Symbol.dispose]()

  const problem = 'the gateway closed the connection'
  expect(await first.answer).toEqual({ problem, wasSent: true })
  expect(await second.answer).toEqual({ problem, wasSent: false })
})

test('a request given up while its connection opens is never sent', async () => {
  await using server = await startPatient()
  const { held } = server
  using client = openClient(server.url, { connections: 1 })
  const { handle, answer } = post(client, 'gone')

  handle.abandon()
  const next = post(client, 'next')
  await expect.poll(() => held.map(({ body }) => body)).toEqual(['next'])
  held[0]?.socket.write(ok('next'))

  expect(await next.answer).toMatchObject({ body: 'next' })
  expect(await Promise.race([answer, silence])).toBe('silent')
})

test('a request given up while it waits leaves the queue', async () => {
  await using server = await startPatient()
  const { answerNext } = server
  using client = openClient(server.url, { connections: 1 })
  const [first, second, third] = [post(client, '1'), post(client, '2'), post(client, '3')]

  second.handle.abandon()
  await answerNext()
  await answerNext()

  expect(await first.answer).toMatchObject({ body: '1' })
  expect(await third.answer).toMatchObject({ body: '3' })
  expect(server.requests.map(bodyOf)).toEqual(['1', '3'])
})

test('a request given up in the moment its connection becomes free is never sent', async () => {
  await using server = await startPatient()
  const { answerNext } = server
  using client = openClient(server.url, { connections: 1 })
  const { promise, resolve } = Promise.withResolvers<void>()
  client.send(
    { method: 'POST', headers: '', body: '' },
    {
      head() {},
      data() {},
      end() {
        second.handle.abandon()
        resolve()
      },
      failed() {},
    },
  )
  const second = post(client, '2')
  const third = post(client, '3')
  await answerNext()
  await promise
  await answerNext()

  expect(await third.answer).toMatchObject({ body: '3' })
  expect(server.requests.map(bodyOf)).toEqual(['', '3'])
})

test.each([
  ['before any answer', ''],
  ['in the middle of its head', 'HTTP/1.1 200 OK\r\nContent-'],
  ['in the middle of its body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
  ['in the middle of a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf'],
])('a request given up %s closes its connection and frees the place', async (_when, bytes) => {
  await using server = await startPatient()
  const { held, answerNext } = server
  using client = openClient(server.url, { connections: 1 })
  const first = post(client, 'gone')
  await expect.poll(() => held.length).toBe(1)
  const peer = held.shift()?.socket
  const closed = new Promise((resolve) => peer?.once('close', resolve))
  peer?.write(bytes)
  const second = post(client, 'next')

  first.handle.abandon()
  await closed
  await answerNext()

  expect(await second.answer).toMatchObject({ body: 'next' })
  expect(await Promise.race([first.answer, silence])).toBe('silent')
})

test('giving up a request that has ended does not touch the one that follows on its connection', async () => {
  await using server = await startPatient()
  const { answerNext } = server
  using client = openClient(server.url, { connections: 1 })
  const first = post(client, 'first')
  await answerNext()
  await first.answer
  const second = post(client, 'second')

  first.handle.pause()
  first.handle.abandon()
  await answerNext()

  expect(await second.answer).toMatchObject({ body: 'second' })
  expect(server.connections()).toBe(1)
})

test('a paused answer waits, and goes on when it is resumed', async () => {
  await using server = await startPatient()
  const { held } = server
  using client = openClient(server.url)
  const seen: string[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const handle = client.send(
    { method: 'POST', headers: '', body: '' },
    {
      head() {},
      data(piece) {
        seen.push(piece.toString())
        if (seen.length === 1) handle.pause()
      },
      end: resolve,
      failed: reject,
    },
  )
  await expect.poll(() => held.length).toBe(1)
  const [peer] = held
  peer?.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none')
  await expect.poll(() => seen).toEqual(['one'])
  const flushed = new Promise((written) => peer?.socket.write('two', written))
  await flushed
  await new Promise((turn) => setTimeout(turn, 20))

  expect(seen).toEqual(['one'])
  handle.resume()
  await promise
  expect(seen).toEqual(['one', 'two'])
})

test('an answer that ends while it is paused leaves a connection that can be used again', async () => {
  await using server = await startPatient()
  const { answerNext } = server
  using client = openClient(server.url)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const handle = client.send(
    { method: 'POST', headers: '', body: 'x' },
    { head() {}, data: () => handle.pause(), end: resolve, failed: reject },
  )
  await answerNext()
  await promise
  const second = post(client, 'second')
  await answerNext()

  expect(await second.answer).toMatchObject({ body: 'second' })
  expect(server.connections()).toBe(1)
})

test('counts the connections that went away after they had served', async () => {
  await using server = await startPatient()
  const { answerNext } = server
  using client = openClient(server.url)
  const first = post(client, '1')
  const { socket } = await answerNext()
  await first.answer
  expect(client.losses).toBe(0)

  socket?.destroy()
  await expect.poll(() => client.losses).toBe(1)
})
