import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { legacyClient, modernClient } from '../fixtures/scripted/clients.ts'
import { startScripted, type ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import { good, goodCall, knock } from '../fixtures/scripted/knock.ts'
import { sendRaw } from '../fixtures/scripted/raw-http.ts'
import { exchange, isAnswer } from '../fixtures/scripted/wire-client.ts'
import { verifies } from '../requirements/verifies.ts'

const limits = { requestBytes: 10_000 }

let started: ScriptedGateway<'good'>
beforeAll(async () => {
  started = await startScripted('http', { good }, { config: { limits } })
  await modernClient(started.gateway.url).ask('tools/list')
})
afterAll(() => started[Symbol.asyncDispose]())

describe('what is sent', () => {
  test.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/json-patch+json', 415],
    ['application/jsonx', 415],
    ['', 415],
    ['application/json; charset=utf-8', 200],
    ['Application/JSON', 200],
  ])('a body of type "%s" gets %d', async (type, expected) => {
    const client = modernClient(started.gateway.url)

    const opened = await client.open('tools/list', '{}', { headers: { 'content-type': type } })

    expect(opened.status).toBe(expected)
  })

  test('a compressed body is 415, an answer in no form we have is 406', async () => {
    const client = modernClient(started.gateway.url)

    const packed = await client.ask('tools/list', '{}', { headers: { 'content-encoding': 'gzip' } })
    const html = await client.ask('tools/list', '{}', { headers: { accept: 'text/html' } })
    const any = await client.ask('tools/list', '{}', { headers: { accept: '*/*' } })

    expect(packed).toMatchObject({ status: 415, message: { error: { code: -32600 } } })
    expect(html).toMatchObject({ status: 406, message: { error: { code: -32600 } } })
    expect(any.status).toBe(200)
  })

  test('other methods are 405 with those that are allowed', async () => {
    const { gateway } = started
    const base = `http://127.0.0.1:${gateway.port}`
    const replies = await Promise.all([
      ...['PUT', 'PATCH', 'OPTIONS', 'HEAD'].map((method) => fetch(gateway.url, { method })),
      fetch(gateway.url, { headers: { 'mcp-protocol-version': '2026-07-28' } }),
      fetch(gateway.url, { method: 'DELETE', headers: { 'mcp-protocol-version': '2026-07-28' } }),
      fetch(`${base}/api/servers/status`, { method: 'POST' }),
      fetch(`${base}/livez`, { method: 'DELETE' }),
    ])

    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 405))
    expect(replies.map(({ headers }) => headers.get('allow'))).toEqual([
      ...Array.from({ length: 6 }, () => 'POST'),
      'GET',
      'GET',
    ])
  })

  test('the stream of a session is given as a stream or not at all', async () => {
    const { url } = started.gateway
    const { sessionId } = await legacyClient(url)
    const headers = { 'mcp-session-id': sessionId }

    const json = await exchange(url, {
      method: 'GET',
      headers: { ...headers, accept: 'application/json' },
    })
    const nobody = await exchange(url, { method: 'GET' })

    expect(json.status).toBe(406)
    expect(nobody.status).toBe(400)
  })

  verifies(
    'surface:http:limits',
    'a batch holds one to fifty messages of an old session, and none of the modern era',
    async () => {
      const { url } = started.gateway
      const old = await legacyClient(url, { version: '2025-03-26' })
      const newer = await legacyClient(url)

      const fits = await old.post(batch(50))
      await fits.ended
      const refused = await Promise.all([
        old.post(batch(51)),
        old.post('[]'),
        old.post(`[${goodCall}]`),
        newer.post(batch(1)),
        exchange(url, { body: batch(1) }),
      ])
      const notified = await old.post('[{"jsonrpc":"2.0","method":"notifications/initialized"}]')

      expect(fits.status).toBe(200)
      expect(fits.spoken).toHaveLength(50)
      expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400])
      for (const one of refused) {
        const { message } = await one.next(isAnswer)
        expect(message).toMatchObject({ id: null, error: { code: -32600 } })
      }
      expect(notified.status).toBe(202)
    },
  )

  verifies(
    'surface:http:limits',
    'a head that is too long is 431, and a body over the limit 413 that ends its connection only',
    async () => {
      const { port } = started.gateway
      const own = `Host: 127.0.0.1:${port}`

      const head = await knock(started, [own, `X-Long: ${'x'.repeat(20_000)}`])
      const body = await sendRaw(port, {
        target: '/mcp',
        headers: [own, 'Content-Type: application/json', 'Content-Length: 10001'],
        body: 'x'.repeat(10_001),
      })
      const announced = await sendRaw(port, {
        target: '/mcp',
        headers: [own, 'Content-Type: application/json', 'Content-Length: 999999999999'],
        body: 'x',
      })
      const after = await knock(started, [own])

      expect(head).toMatchObject({ status: 431, entered: false })
      expect(body.status).toBe(413)
      expect(body.text.toLowerCase()).toContain('connection: close')
      expect(announced.status).toBe(413)
      expect(after).toMatchObject({ status: 200, entered: true })
    },
  )

  test('a request whose length can be read in two ways is 400', async () => {
    const { port } = started.gateway
    const own = [`Host: 127.0.0.1:${port}`, 'Content-Type: application/json']
    const smuggled = [
      [...own, 'Content-Length: 4', 'Transfer-Encoding: chunked'],
      [...own, 'Content-Length: 4', 'Content-Length: 5'],
      [...own, 'Transfer-Encoding: chunked, identity'],
      [...own, 'Transfer-Encoding: xchunked'],
      [...own, 'Content-Length: -1'],
      [...own, 'Content-Length: 4', ' folded: header'],
    ]

    for (const headers of smuggled) {
      const { status } = await sendRaw(port, { target: '/mcp', headers, body: '0\r\n\r\n' })
      expect({ headers, status }).toEqual({ headers, status: 400 })
    }
  })

  test('a header that decides and comes twice is 400', async () => {
    const own = `Host: 127.0.0.1:${started.gateway.port}`
    for (const name of ['Mcp-Method', 'Mcp-Name', 'MCP-Protocol-Version', 'Content-Type']) {
      const { status, entered } = await knock(started, [own, `${name}: other`])
      expect({ name, status, entered }).toEqual({ name, status: 400, entered: false })
    }
  })
})

function batch(count: number): string {
  const pings = Array.from(
    { length: count },
    (_, id) => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`,
  )
  return `[${pings.join(',')}]`
}
