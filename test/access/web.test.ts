import { afterAll, beforeAll, describe, expect } from 'vitest'
import { routeScopes } from '../../src/apps/gateway/route-scopes.ts'
import { sendRaw } from '../fixtures/scripted/raw-http.ts'
import { exampleServer } from '../door/gateways.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask, everyScope, newKey, untilStatus } from './people.ts'

let gateway: RunningGateway
let key: string
beforeAll(async () => {
  gateway = await startGateway({ servers: { example: exampleServer } })
  key = (await newKey(gateway, { name: 'page', scopes: everyScope })).key
  await untilStatus(gateway, key, 200)
})
afterAll(() => gateway[Symbol.asyncDispose]())

const paths = [...new Set(routeScopes.map(({ path }) => path.replaceAll(/\{\w+\}/g, 'example')))]

describe.each(paths)('%s', (target) => {
  verifies(
    ['access:host:V09', 'security:V09'],
    'answers to no name but ours, with or without a key',
    async () => {
      const { port } = gateway
      const hosts = [
        `Host: evil.example:${port}`,
        `Host: 127.0.0.1.evil.example:${port}`,
        'Host: localhost.',
        `Host: [::ffff:127.0.0.1]:${port}`,
        `Host: 0.0.0.0:${port}`,
        'Host: a/?x=',
        `Host: 127.0.0.1:${port}\r\nHost: evil.example`,
      ]
      const origins = ['https://evil.example', 'null', 'http://127.0.0.1.evil.example'].map(
        (origin) => `Host: 127.0.0.1:${port}\r\nOrigin: ${origin}`,
      )
      for (const lines of [...hosts, ...origins]) {
        for (const more of [[], [`Authorization: Bearer ${key}`]]) {
          for (const method of ['GET', 'POST']) {
            const { status } = await sendRaw(port, { method, target, headers: [lines, ...more] })
            expect({ lines, method, isRefused: status === 403 || status === 400 }).toEqual({
              lines,
              method,
              isRefused: true,
            })
          }
        }
      }
    },
  )
})

verifies(
  ['access:host:V09', 'security:V09'],
  'a target with a host of its own is refused',
  async () => {
    const headers = [`Host: 127.0.0.1:${gateway.port}`]
    for (const target of ['http://evil/api/status', '//evil/api/status'])
      expect((await sendRaw(gateway.port, { method: 'GET', target, headers })).status).toBe(400)
  },
)

const posts = [
  ['/api/servers', '{"name":"planted","url":"http://127.0.0.1:9/mcp"}'],
  ['/mcp/servers', '{"server_name":"planted","server_url":"http://127.0.0.1:9/mcp"}'],
  ['/api/keys', '{"name":"planted"}'],
  ['/api/config/reload', ''],
  ['/api/servers/example/disable', ''],
  ['/api/tools/call', '{"tool_name":"add","arguments":{}}'],
  ['/tools/add', '{"a":1,"b":2}'],
  ['/mcp', '{"jsonrpc":"2.0","id":1,"method":"ping"}'],
] as const

/** What a page may send to another place without being let first. */
const simple = [
  'text/plain',
  'text/plain;charset=UTF-8',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain; application/json',
]

verifies(
  ['access:forms:V11', 'security:V11'],
  'forms and plain text change nothing, also from a page on this machine',
  async () => {
    const origin = `http://127.0.0.1:${gateway.port}`
    for (const [path, body] of posts) {
      for (const type of simple) {
        const sent = { method: 'POST', body: body === '' ? 'x' : body }
        const headers = { 'content-type': type, origin }
        const { status } = await ask(gateway, undefined, path, { ...sent, headers })
        expect({ path, type, status }).toEqual({ path, type, status: 415 })
      }
      const silent = await ask(gateway, undefined, path, { method: 'POST', headers: { origin } })
      expect({ path, status: silent.status }).toEqual({ path, status: 415 })
    }
    const servers = await ask(gateway, undefined, '/api/servers')
    expect(servers.text).not.toContain('planted')
    expect(servers.text).toContain('"ready"')
    expect((await ask(gateway, undefined, '/api/keys')).text).not.toContain('planted')
  },
)

verifies(
  ['access:forms:V11', 'security:V11'],
  'asking first is answered with no leave',
  async () => {
    for (const [path] of posts) {
      const { status, headers } = await ask(gateway, undefined, path, {
        method: 'OPTIONS',
        headers: {
          origin: `http://127.0.0.1:${gateway.port}`,
          'access-control-request-method': 'POST',
          'access-control-request-private-network': 'true',
        },
      })
      expect(status).toBe(405)
      const granted = [...headers.keys()].filter((name) => name.startsWith('access-control-'))
      expect(granted).toEqual([])
    }
  },
)

verifies(
  ['access:forms:V11', 'security:V11'],
  'reading an address that changes something changes nothing',
  async () => {
    for (const path of ['/api/config/reload', '/api/servers/example/disable', '/api/tools/call'])
      expect((await ask(gateway, undefined, `${path}?name=example&tool_name=add`)).status).toBe(405)
    expect((await ask(gateway, undefined, '/api/servers/example')).text).toContain('"ready"')
  },
)
