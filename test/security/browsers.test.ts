import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { routeScopes } from '../../src/apps/gateway/route-scopes.ts'
import { ask, everyScope, newKey, untilStatus } from '../access/people.ts'
import { sendBytes, sendRaw } from '../fixtures/scripted/raw-http.ts'
import { exampleServer } from '../door/gateways.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

let gateway: RunningGateway
let key: string
beforeAll(async () => {
  gateway = await startGateway({
    servers: { example: exampleServer },
    profiles: { example: { servers: ['example'] } },
    agents: { simple: true, simpleKey: 'k3y-of-the-test-that-nobody-else-knows' },
  })
  key = (await newKey(gateway, { name: 'page', scopes: everyScope })).key
  await untilStatus(gateway, key, 200)
})
afterAll(() => gateway[Symbol.asyncDispose]())

const own = () => `Host: 127.0.0.1:${gateway.port}`
const paths = [
  ...new Set([
    ...routeScopes.map(({ path }) => path.replaceAll(/\{\w+\}/g, 'example')),
    '/agents',
    '/agents/example',
    '/',
  ]),
]
const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

/** Names and origins that are not ours, as header lines. */
function foreign(): readonly (readonly string[])[] {
  const { port } = gateway
  const hosts = [
    'evil.example',
    `evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    'localhost.',
    `localhost.evil.example`,
    `[::ffff:127.0.0.1]:${port}`,
    `0.0.0.0:${port}`,
    '[::]',
    '127.1',
    '2130706433',
    '0x7f000001',
    'a/?x=',
    `127.0.0.1:${port}@evil.example`,
    `evil.example#127.0.0.1`,
    `127.0.0.1:${port}, evil.example`,
    `127.0.0.1 evil.example`,
    '',
  ]
  const origins = [
    'https://evil.example',
    'null',
    'http://127.0.0.1.evil.example',
    `http://evil.example@127.0.0.1:${port}`,
    `http://127.0.0.1:${port}/`,
    'chrome-extension://abc',
    'file://',
    `http://localhost:${port} https://evil.example`,
    '',
  ]
  return [
    ...hosts.map((host) => [`Host: ${host}`]),
    ['Host: evil.example', `X-Forwarded-Host: 127.0.0.1:${port}`, `Forwarded: host=127.0.0.1`],
    [own(), 'Host: evil.example'],
    [],
    ...origins.map((origin) => [own(), `Origin: ${origin}`]),
    [own(), `Origin: http://127.0.0.1:${port}`, 'Origin: https://evil.example'],
  ]
}

describe.each(paths)('%s', (target) => {
  verifies(
    ['security:V09', 'security:V10'],
    'V09: a foreign name or origin is refused, as a request and as an upgrade, whatever else is shown',
    async () => {
      const shown = [`Authorization: Bearer ${key}`]
      for (const lines of foreign()) {
        for (const more of [shown, [...upgrade, ...shown]]) {
          const headers = [...lines, ...more]
          const { status } = await sendRaw(gateway.port, { method: 'GET', target, headers })
          expect({ headers, isRefused: status === 403 || status === 400 }).toEqual({
            headers,
            isRefused: true,
          })
        }
      }
    },
  )

  verifies(
    'security:V10',
    'V10: no WebSocket opens for a web page, and none but agents get one',
    async () => {
      const enrolled = 'Authorization: Agent 00000000000000000000000000000000'
      const credentials = [
        [],
        [`Authorization: Bearer ${key}`],
        ['Authorization: Bearer x'],
        [enrolled],
      ]
      const origins = ['https://evil.example', 'null', `http://127.0.0.1:${gateway.port}`]
      const pages = origins.flatMap((origin) =>
        credentials.map((one) => [...one, `Origin: ${origin}`]),
      )
      const simple = 'Authorization: Bearer k3y-of-the-test-that-nobody-else-knows'
      const page = [simple, `Origin: http://127.0.0.1:${gateway.port}`]
      for (const lines of [...credentials, ...pages, page]) {
        const headers = [own(), ...upgrade, ...lines]
        // What it says in the same breath, as a masked frame, must not be read.
        const frame = '\x81\x82\x00\x00\x00\x00{}'
        const bytes = [`GET ${target} HTTP/1.1`, ...headers, '', frame].join('\r\n')
        const told = await untilClosed(gateway.port, bytes)
        expect({ headers, told: told.slice(0, 12) }).toEqual({
          headers,
          told: expect.stringMatching(/^HTTP\/1\.1 4\d\d$/),
        })
        expect(told).not.toContain('101 Switching')
      }
    },
  )
})

verifies('security:V09', 'V09: only a path is a target, whatever the Host says', async () => {
  const { port } = gateway
  for (const target of [
    'http://evil.example/api/status',
    `http://127.0.0.1:${port}/api/status`,
    '//evil.example/api/status',
    '/\\evil.example/api/status',
    'evil.example:443',
    '*',
    '?x',
  ]) {
    const wanted = target.startsWith('/\\') ? 404 : 400
    const { status } = await sendRaw(port, { method: 'GET', target, headers: [own()] })
    expect({ target, status }).toEqual({ target, status: wanted })
    const other = await sendRaw(port, { method: 'GET', target, headers: [own(), ...upgrade] })
    expect({ target, isRefused: other.status >= 400 }).toEqual({ target, isRefused: true })
  }
  const old = await sendBytes(port, 'GET /api/status HTTP/1.0\r\n\r\n')
  expect(old.status).toBe(403)
  const tunnel = await sendBytes(port, `CONNECT evil.example:443 HTTP/1.1\r\n${own()}\r\n\r\n`)
  expect(tunnel.status).not.toBe(200)
})

const harmful = [
  ['/api/servers', '{"name":"planted","url":"http://127.0.0.1:9/mcp"}'],
  ['/mcp/servers', '{"server_name":"planted","server_url":"http://127.0.0.1:9/mcp"}'],
  ['/api/keys', '{"name":"planted"}'],
  ['/api/config/reload', ''],
  ['/api/servers/example/disable', ''],
  ['/api/servers/disable', '{"all":true}'],
  ['/api/agents/enrol', '{"name":"planted"}'],
  ['/api/tools/call', '{"tool_name":"add","arguments":{}}'],
  ['/tools/add', '{"a":1,"b":2}'],
  ['/mcp', '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'],
] as const

verifies(
  'security:V11',
  'V11: what a page can send by itself is refused by its type or its origin, and nothing is changed',
  async () => {
    const before = await state()
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain; application/json',
      'application/json-patch+json',
      'application/jsonx',
      'text/json',
      '',
    ]
    for (const [path, body] of harmful) {
      for (const type of types) {
        // A beacon, a form and a fetch without leave: all of them say where they come from.
        for (const origin of [`http://127.0.0.1:${gateway.port}`, 'https://evil.example', 'null']) {
          const headers = { 'content-type': type, origin, 'sec-fetch-site': 'cross-site' }
          const sent = { method: 'POST', headers, body: body || 'x=1' }
          const { status } = await ask(gateway, undefined, path, sent)
          const wanted = origin.startsWith('http://127') ? 415 : 403
          expect({ path, type, origin, status }).toEqual({ path, type, origin, status: wanted })
        }
      }
    }
    expect(await state()).toBe(before)
  },
)

verifies('security:V11', 'V11: reading has no effect, however it is dressed', async () => {
  const before = await state()
  for (const [path, body] of harmful) {
    const query = new URLSearchParams({
      name: 'planted',
      url: 'http://127.0.0.1:9/mcp',
      _method: 'POST',
    })
    for (const method of ['GET', 'HEAD']) {
      const length = `Content-Length: ${body.length}`
      const headers = [
        own(),
        'Content-Type: application/json',
        'X-HTTP-Method-Override: POST',
        'X-Method-Override: DELETE',
        length,
      ]
      for (const target of [path, `${path}?${query.toString()}`])
        await sendRaw(gateway.port, { method, target, headers, body })
    }
  }
  expect(await state()).toBe(before)
})

verifies('security:V11', 'V11: nobody who asks for leave is given any', async () => {
  for (const [path] of harmful) {
    for (const origin of ['https://evil.example', `http://127.0.0.1:${gateway.port}`]) {
      const { status, headers } = await ask(gateway, undefined, path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
          'access-control-request-private-network': 'true',
        },
      })
      expect({ path, status }).toEqual({ path, status: origin.includes('evil') ? 403 : 405 })
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  }
})

/** All that a page might have changed. */
async function state(): Promise<string> {
  const pages = ['/api/status', '/api/keys', '/api/agents/enrolled', '/api/servers']
  const told = await Promise.all(pages.map((page) => ask(gateway, undefined, page)))
  return told
    .map((one) => one.text)
    .join('\n')
    .replaceAll(/,?"(?:uptime_ms|last_used|health|in_flight)":(?:\{[^}]*\}|"[^"]*"|\d+)/g, '')
}

async function untilClosed(port: number, bytes: string): Promise<string> {
  await using undo = new AsyncDisposableStack()
  const socket = undo.adopt(connect(port, '127.0.0.1'), (open) => void open.destroy())
  socket.on('error', () => undefined)
  // A WebSocket that did open would not end by itself.
  socket.setTimeout(5000, () => socket.destroy())
  socket.write(bytes.replace('Connection: Upgrade', 'Connection: Upgrade, close'), 'latin1')
  return await text(socket)
}
