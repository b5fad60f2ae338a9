import { createServer } from 'node:net'
import { once } from 'node:events'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createGuardedFetch } from '../../src/upstreams/egress/guarded-fetch.ts'
import type { FetchLimits } from '../../src/upstreams/egress/guarded-fetch.ts'
import { policyForListed, publicOnly } from '../../src/upstreams/egress/policy.ts'
import { verifies } from '../requirements/verifies.ts'
import { portOf, startServer } from './loopback-server.ts'

function fetchFor(url: string, limits: Partial<FetchLimits> = {}) {
  return createGuardedFetch({ server: 'docs', policy: policyForListed(url), limits })
}

describe('a request', () => {
  test('goes out as it was given, without asking for packing, and comes back whole', async () => {
    await using server = await startServer((request, response) => {
      response.setHeader('x-seen', request.headers['accept-encoding'] ?? 'none')
      request.pipe(response.writeHead(201))
    })
    await using door = fetchFor(server.url)

    const answer = await door.request(`${server.url}/echo?a=1`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain', 'Accept-Encoding': 'gzip' },
      body: 'hello',
    })

    expect(answer).toMatchObject({ status: 201, body: Buffer.from('hello') })
    expect(answer.headers).toMatchObject({ 'x-seen': 'identity' })
    expect(server.requests[0]).toMatchObject({ method: 'POST', url: '/echo?a=1' })
  })

  verifies(
    'upstream:http:one-door',
    'to an address that is not allowed opens no connection',
    async () => {
      await using canary = await startServer((_, response) => response.end())
      await using door = createGuardedFetch({
        server: 'docs',
        policy: publicOnly,
        resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
      })
      const { port } = new URL(canary.url)

      for (const host of [
        '127.0.0.1',
        '0x7f.1',
        '2130706433',
        'localhost',
        '[::ffff:7f00:1]',
        'rebind.example',
      ]) {
        await expect(door.request(`https://${host}:${port}/`)).rejects.toMatchObject({
          code: 'egress_refused',
          data: { reason: 'its address is not public' },
        })
      }
      expect(canary.connections()).toBe(0)
    },
  )

  test('that finds nobody listening was not sent', async () => {
    const server = await startServer((_, response) => response.end())
    await server[Symbol.asyncDispose]()
    await using door = fetchFor(server.url)

    await expect(door.request(server.url)).rejects.toMatchObject({
      code: 'server_unreachable',
      data: { server: 'docs', reason: expect.stringContaining('ECONNREFUSED') },
    })
  })

  test('that is given up ends with the reason of its signal', async () => {
    await using server = await startServer(() => undefined)
    await using door = fetchFor(server.url)
    const giving = new AbortController()

    const answer = door.request(server.url, { signal: giving.signal })
    setTimeout(() => giving.abort(new Error('enough')), 20)

    await expect(answer).rejects.toThrow('enough')
  })

  test('whose server goes away in the middle may have run', async () => {
    await using server = await startServer((request, response) => {
      if (request.url === '/head') return void request.socket.destroy()
      response.writeHead(200, { 'content-length': '100' }).write('part')
      return void setTimeout(() => request.socket.destroy(), 20)
    })
    await using door = fetchFor(server.url)

    await expect(door.request(`${server.url}/head`)).rejects.toMatchObject({ code: 'server_lost' })
    await expect(door.request(`${server.url}/body`)).rejects.toMatchObject({ code: 'server_lost' })
  })

  test('with headers of our own making is refused before anything is sent', async () => {
    await using server = await startServer((_, response) => response.end())
    await using door = fetchFor(server.url)

    for (const headers of [{ Host: 'a.example' }, { 'x-a': 'a\r\nb' }]) {
      await expect(door.request(server.url, { headers })).rejects.toMatchObject({
        code: 'egress_refused',
      })
    }
    expect(server.connections()).toBe(0)
  })

  test('after the door was closed is told so', async () => {
    await using server = await startServer((_, response) => response.end())
    const door = fetchFor(server.url)

    await door[Symbol.asyncDispose]()

    await expect(door.request(server.url)).rejects.toMatchObject({ code: 'stopping' })
  })
})

describe('an answer', () => {
  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('in %s that nobody asked for is unpacked', async (encoding, pack) => {
    const text = JSON.stringify({ text: 'ä'.repeat(1000) })
    await using server = await startServer((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(pack(text)),
    )
    await using door = fetchFor(server.url)

    expect((await door.request(server.url)).body.toString()).toBe(text)
  })

  verifies(
    'upstream:http:caps',
    'that unpacks to far more than it was is given up early',
    async () => {
      const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
      await using server = await startServer((_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
      )
      await using door = fetchFor(server.url)

      await expect(door.request(server.url)).rejects.toMatchObject({
        code: 'server_answer_invalid',
        data: { problem: 'it unpacks to more than 100 times its size' },
      })
    },
  )

  verifies('upstream:http:caps', 'over the limit is given up, packed or not', async () => {
    const noise = Buffer.from(
      Array.from({ length: 40_000 }, (_, index) => (index * index * 31) % 251),
    )
    await using server = await startServer((request, response) =>
      request.url === '/packed'
        ? response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(noise))
        : response.writeHead(200).end(noise),
    )
    await using door = fetchFor(server.url, { bodyBytes: 39_999, unpackedBytes: 39_998 })

    await expect(door.request(`${server.url}/plain`)).rejects.toMatchObject({
      code: 'too_large',
      data: { limitBytes: 39_999 },
    })
    await expect(door.request(`${server.url}/packed`)).rejects.toMatchObject({
      code: 'too_large',
      data: { limitBytes: 39_998 },
    })
  })

  test.each([
    ['gzip, gzip', gzipSync('x'), /encoding "gzip, gzip" is not understood/],
    ['compress', Buffer.from('x'), /encoding "compress" is not understood/],
    ['gzip', Buffer.from('not gzip at all'), /cannot be unpacked/],
    ['gzip', gzipSync('x'.repeat(1000)).subarray(0, 20), /cannot be unpacked/],
  ])('encoded as %s that cannot be unpacked says so', async (encoding, body, problem) => {
    await using server = await startServer((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(body),
    )
    await using door = fetchFor(server.url)

    await expect(door.request(server.url)).rejects.toMatchObject({
      code: 'server_answer_invalid',
      data: { problem: expect.stringMatching(problem) },
    })
  })

  verifies('upstream:http:caps', 'with headers over 16 KB is refused', async () => {
    await using server = await startServer((_, response) =>
      response.writeHead(200, { 'x-long': 'x'.repeat(17 * 1024) }).end(),
    )
    await using door = fetchFor(server.url)

    await expect(door.request(server.url)).rejects.toMatchObject({
      code: 'server_answer_invalid',
      data: { problem: 'its headers are too large' },
    })
  })

  test('that is no HTTP is the fault of the server', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    await using door = fetchFor('http://127.0.0.1/')

    await expect(door.request(`http://127.0.0.1:${portOf(server)}/`)).rejects.toMatchObject({
      code: 'server_answer_invalid',
    })
    server.close()
  })

  test('can be read as it comes, and leaving it in the middle ends the connection', async () => {
    const closed = Promise.withResolvers<string>()
    await using server = await startServer((_, response) => {
      const beat = setInterval(() => response.write('data: 1\n\n'), 5)
      response.on('close', () => {
        clearInterval(beat)
        closed.resolve('closed')
      })
    })
    await using door = fetchFor(server.url)

    const answer = await door.stream(server.url)
    let text = ''
    for await (const chunk of answer.body) {
      text += chunk.toString()
      if (text.length > 20) break
    }

    expect(await closed.promise).toBe('closed')
    expect(text).toMatch(/^(data: 1\n\n)+$/)
  })

  test('that nobody wants to read lets its connection go', async () => {
    const closed = Promise.withResolvers<string>()
    await using server = await startServer((_, response) => {
      response.on('close', () => closed.resolve('closed')).write('begun')
    })
    await using door = fetchFor(server.url)

    const answer = await door.stream(server.url)
    await answer[Symbol.asyncDispose]()

    expect(await closed.promise).toBe('closed')
  })
})

describe('a redirect', () => {
  verifies(
    ['upstream:http:redirects', 'upstream:http:one-door'],
    'to another address of this machine opens no connection there',
    async () => {
      await using canary = await startServer((_, response) => response.end())
      await using server = await startServer((request, response) =>
        response.writeHead(302, { location: `${canary.url}${request.url}` }).end(),
      )
      await using door = fetchFor(server.url)

      await expect(door.request(`${server.url}/mcp`)).rejects.toMatchObject({
        code: 'egress_refused',
      })
      expect(canary.connections()).toBe(0)
    },
  )

  verifies(
    'upstream:http:redirects',
    'within one origin keeps credentials and, with 307, the body',
    async () => {
      await using server = await startServer((request, response) =>
        request.url === '/a'
          ? response.writeHead(307, { location: '/b' }).end('moved')
          : request.pipe(
              response.writeHead(200, { 'x-seen': request.headers.authorization ?? '' }),
            ),
      )
      await using door = fetchFor(server.url)

      const answer = await door.request(`${server.url}/a`, {
        method: 'POST',
        headers: { authorization: 'Bearer t' },
        body: 'payload',
      })

      expect(answer).toMatchObject({ status: 200, body: Buffer.from('payload') })
      expect(answer.headers['x-seen']).toBe('Bearer t')
      expect(answer.url.href).toBe(`${server.url}/b`)
    },
  )

  test.each([303, 302, 301])('with %d turns a POST into a GET without its body', async (status) => {
    await using server = await startServer((request, response) =>
      request.url === '/a'
        ? response.writeHead(status, { location: '/b' }).end()
        : response.end(`${request.method} ${request.headers['content-type'] ?? 'untyped'}`),
    )
    await using door = fetchFor(server.url)

    const answer = await door.request(`${server.url}/a`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    })

    expect(answer.body.toString()).toBe('GET untyped')
  })

  test('in a circle ends after three', async () => {
    await using server = await startServer((_, response) =>
      response.writeHead(302, { location: '/' }).end(),
    )
    await using door = fetchFor(server.url)

    await expect(door.request(server.url)).rejects.toMatchObject({
      code: 'server_answer_invalid',
      data: { problem: 'it redirects too often' },
    })
    expect(server.requests).toHaveLength(4)
  })

  test('without a place to go, or one that was not asked for, is an answer like any other', async () => {
    await using server = await startServer((request, response) =>
      response.writeHead(request.url === '/304' ? 304 : 302).end(),
    )
    await using door = fetchFor(server.url)

    expect((await door.request(`${server.url}/302`)).status).toBe(302)
    expect((await door.request(`${server.url}/304`)).status).toBe(304)
  })
})
