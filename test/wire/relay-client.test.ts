import { expect, test } from 'vitest'
import type { ExchangeReceiver } from '../../src/wire/http/connection.ts'
import { startRawServer } from '../kit/raw-server.ts'
import { openClient, post } from '../kit/relayed.ts'
import { verifies } from '../requirements/verifies.ts'

const ok = (body: string, headers = '') =>
  `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`

const echo = (request: string) => ok(request.slice(request.indexOf('\r\n\r\n') + 4))

const settled = { status: 200, contentType: '' }

test('a request is one write of a plain head and the body', async () => {
  await using server = await startRawServer(({ socket }) => socket.write(ok('')))
  using client = openClient(server.url)

  await post(client, 'hello').answer

  expect(server.requests).toEqual([
    `POST /mcp?x=1 HTTP/1.1\r\nHost: ${server.url.host}\r\nContent-Length: 5\r\nX-Test: 1\r\n\r\nhello`,
  ])
})

test('a body in pieces arrives whole, and a request without one says no length', async () => {
  await using server = await startRawServer(({ socket }) => socket.write(ok('')))
  using client = openClient(server.url)
  const pieces = [Buffer.from('a'.repeat(70_000)), Buffer.from('é'), Buffer.from('b')]

  const answered = (method: 'POST' | 'GET', body: string | readonly Buffer[]) =>
    new Promise<void>((resolve, reject) => {
      client.send({ method, headers: '', body }, { ...silent, end: resolve, failed: reject })
    })
  await answered('POST', pieces)
  await answered('GET', '')

  expect(server.requests[0]).toContain('Content-Length: 70003\r\n')
  expect(server.requests[0]?.endsWith(`a${Buffer.from('é').toString('latin1')}b`)).toBe(true)
  expect(server.requests[1]).not.toMatch(/content-length/i)
})

const silent: ExchangeReceiver = { head() {}, data() {}, end() {}, failed() {} }

test('one connection serves many requests, one after the other', async () => {
  await using server = await startRawServer(({ socket }, request) => socket.write(echo(request)))
  using client = openClient(server.url)

  for (const body of ['1', '2', '3']) {
    expect(await post(client, body).answer).toEqual({ ...settled, body })
  }

  expect(server.connections()).toBe(1)
  expect(client.losses).toBe(0)
})

test('the connection that was used last is used next', async () => {
  const served: number[] = []
  const open: (() => void)[] = []
  await using server = await startRawServer(({ socket, index }, request) => {
    served.push(index)
    if (request.endsWith('wait')) open.push(() => socket.write(ok('')))
    else socket.write(ok(''))
  })
  using client = openClient(server.url)
  const [first, second] = [post(client, 'wait'), post(client, 'wait')]
  await expect.poll(() => open.length).toBe(2)
  const [zero, one] = served
  open[1]?.()
  await second.answer
  open[0]?.()
  await first.answer

  await post(client).answer
  await post(client).answer

  expect(served).toEqual([zero, one, zero, zero])
})

test.each([
  ['the server said so', 'Connection: close\r\n', 'HTTP/1.1'],
  ['it is of the old protocol', 'Connection: keep-alive\r\n', 'HTTP/1.0'],
  ['its hint leaves no time', 'Keep-Alive: timeout=1\r\n', 'HTTP/1.1'],
])('a connection is not used again when %s', async (_why, headers, version) => {
  await using server = await startRawServer(({ socket }) =>
    socket.write(ok('x', headers).replace('HTTP/1.1', version)),
  )
  using client = openClient(server.url)

  await post(client).answer
  await post(client).answer

  expect(server.connections()).toBe(2)
})

test('a connection is not used again after resting for too long', async () => {
  let now = 0
  await using server = await startRawServer(({ socket }) =>
    socket.write(ok('', 'Keep-Alive: timeout=9\r\n')),
  )
  using client = openClient(server.url, { now: () => now, idleMs: 100_000 })

  await post(client).answer
  now = 7_999
  await post(client).answer
  expect(server.connections()).toBe(1)
  now += 8_000
  await post(client).answer

  expect(server.connections()).toBe(2)
})

verifies('wire:http:strict-framing', 'data on a resting connection ends it', async () => {
  await using server = await startRawServer(({ socket, index }) => {
    socket.write(ok(String(index)))
    if (index === 0) setImmediate(() => socket.write(ok('stray')))
  })
  using client = openClient(server.url)

  expect(await post(client).answer).toEqual({ ...settled, body: '0' })
  await expect.poll(() => client.losses).toBe(1)

  expect(await post(client).answer).toEqual({ ...settled, body: '1' })
})

verifies(
  'wire:http:strict-framing',
  'data behind an answer is never the answer of the next request, however soon that is sent',
  async () => {
    await using server = await startRawServer(({ socket, index }) => {
      socket.write(ok(String(index)) + (index === 0 ? ok('stray') : ''))
    })
    using client = openClient(server.url)
    const bodies: string[] = []
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const ask = (then: () => void) =>
      client.send(
        { method: 'POST', headers: '', body: '' },
        {
          ...silent,
          data: (piece) => void bodies.push(piece.toString()),
          end: then,
          failed: reject,
        },
      )
    ask(() => ask(resolve))
    await promise

    expect(bodies).toEqual(['0', '1'])
    expect(server.connections()).toBe(2)
  },
)

verifies(
  'wire:http:strict-framing',
  'data behind an answer is never the answer of a request that waits',
  async () => {
    await using server = await startRawServer(({ socket, index }) => {
      socket.write(ok(String(index)) + (index === 0 ? ok('stray') : ''))
    })
    using client = openClient(server.url, { connections: 1 })
    const [first, second] = [post(client), post(client)]

    expect(await first.answer).toEqual({ ...settled, body: '0' })
    expect(await second.answer).toEqual({ ...settled, body: '1' })
  },
)

const refused: readonly (readonly [string, string, RegExp])[] = [
  [
    'two lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    /content length "1, 2"/,
  ],
  [
    'a length beside chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    /both Content-Length and Transfer-Encoding/,
  ],
  [
    'an encoding we do not know',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n',
    /transfer encoding "gzip"/,
  ],
  [
    'a chunk size that is none',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    /the chunk size "zz"/,
  ],
  [
    'chunks that do not end where they say',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n',
    /broken chunked framing/,
  ],
  [
    'an endless chunk line',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;${'a'.repeat(5000)}`,
    /a chunk line that is too long/,
  ],
  [
    'endless trailers',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'A: b\r\n'.repeat(1000)}`,
    /trailers that are too long/,
  ],
  ['a head of 17 KB', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`, /more than 16384/],
  ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(17_000)}`, /more than 16384/],
  ['an upgrade', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n', /an upgrade that nobody asked/],
  ['something else entirely', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', /a malformed status line/],
]

verifies(
  'wire:http:strict-framing',
  'an answer whose end is in doubt fails, and its connection with it',
  async () => {
    for (const [what, bytes, problem] of refused) {
      await using server = await startRawServer(({ socket, index }) => {
        socket.write(index === 0 ? Buffer.from(bytes, 'latin1') : ok('fine'))
      })
      using client = openClient(server.url)

      expect(await post(client).answer, what).toEqual({
        problem: expect.stringMatching(problem),
        wasSent: true,
      })
      expect(await post(client).answer, what).toEqual({ ...settled, body: 'fine' })
      expect(server.connections(), what).toBe(2)
    }
  },
)

test('an answer that stops before its end fails, and so does none at all', async () => {
  const cut = ['', 'HTTP/1.1 200', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort']
  for (const bytes of [
    ...cut,
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  ]) {
    await using server = await startRawServer(({ socket }) => socket.end(bytes))
    using client = openClient(server.url)

    expect(await post(client).answer).toEqual({
      problem: 'the connection ended before the answer was complete',
      wasSent: true,
    })
  }
})

test('an answer without a length ends with its connection', async () => {
  await using server = await startRawServer(({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: Text/Plain\r\n\r\nhel')
    setImmediate(() => socket.end('lo'))
  })
  using client = openClient(server.url)

  expect(await post(client).answer).toEqual({
    status: 200,
    contentType: 'text/plain',
    body: 'hello',
  })
  expect(await post(client).answer).toMatchObject({ body: 'hello' })
  expect(server.connections()).toBe(2)
})

test('a connection that is reset in the middle of an answer without a length fails it', async () => {
  await using server = await startRawServer(({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\nhel', () => socket.resetAndDestroy())
  })
  using client = openClient(server.url)

  expect(await post(client).answer).toMatchObject({ wasSent: true })
})

test('early answers are passed over, however many come', async () => {
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
  await using server = await startRawServer(({ socket }) =>
    socket.write(early.repeat(50) + ok('x')),
  )
  using client = openClient(server.url)

  expect(await post(client).answer).toEqual({ ...settled, body: 'x' })
})

test('an answer with a status that has no body needs no length', async () => {
  await using server = await startRawServer(({ socket }) =>
    socket.write('HTTP/1.1 204 No Content\r\n\r\n'),
  )
  using client = openClient(server.url)

  expect(await post(client).answer).toEqual({ status: 204, contentType: '', body: '' })
  expect(await post(client).answer).toEqual({ status: 204, contentType: '', body: '' })
  expect(server.connections()).toBe(1)
})
