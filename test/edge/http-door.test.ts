import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { newKey, untilStatus } from '../access/people.ts'
import { runGantry } from '../cli/run-gantry.ts'
import { modernClient } from '../fixtures/scripted/clients.ts'
import { startScripted, type ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import { good, knock } from '../fixtures/scripted/knock.ts'
import { sendBytes } from '../fixtures/scripted/raw-http.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'

const listen = { hosts: ['gantry.example', 'named.example:8443'], origins: ['https://app.example'] }

let started: ScriptedGateway<'good'>
beforeAll(async () => {
  started = await startScripted('http', { good }, { config: { listen } })
  await modernClient(started.gateway.url).ask('tools/list')
})
afterAll(() => started[Symbol.asyncDispose]())

const routes = [
  '/mcp',
  '/servers/good/mcp',
  '/servers/unknown/mcp',
  '/api/status',
  '/api/servers/status',
  '/api/servers/good/logs',
  '/mcp/servers/status',
  '/livez',
  '/readyz',
  '/',
  '/no/such/route',
]
const methods = ['GET', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'HEAD']
describe('who is called', () => {
  const foreignHosts = [
    'evil.example',
    'evil.example:PORT',
    '127.0.0.1.evil.example',
    '127.0.0.1.evil.example:PORT',
    'localhost.',
    'localhost.:PORT',
    'localhost.evil.example',
    'evil.example#localhost',
    'localhost@evil.example',
    '[::ffff:127.0.0.1]:PORT',
    '[::ffff:7f00:1]',
    '0.0.0.0:PORT',
    '[::]:PORT',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    'a/?x=',
    'localhost/../evil',
    'localhost:PORT:PORT',
    'localhost:999999',
    'localhost,evil.example',
    'local host',
    'named.example',
    'named.example:8444',
    '',
  ]
  verifies(
    'surface:http:host-and-origin',
    'a Host that is not ours is refused on every route and no handler is entered',
    async () => {
      const { port } = started.gateway
      for (const host of foreignHosts) {
        const name = host.replaceAll('PORT', String(port))
        const { status, entered } = await knock(started, [`Host: ${name}`])
        expect({ host, refused: status === 403 || status === 400, entered }).toEqual({
          host,
          refused: true,
          entered: false,
        })
      }
      for (const target of routes) {
        for (const method of methods) {
          const { status, text } = await knock(started, [`Host: evil.example:${port}`], {
            target,
            method,
          })
          expect({ target, method, status }).toEqual({ target, method, status: 403 })
          expect(text).not.toContain('"result"')
        }
      }
    },
  )

  verifies(
    'surface:http:host-and-origin',
    'our own names pass, in any case and with any port, and those that the configuration adds',
    async () => {
      const { port } = started.gateway
      const own = [
        `127.0.0.1:${port}`,
        `localhost:${port}`,
        `LocalHost:${port}`,
        'localhost',
        `[::1]:${port}`,
        'gantry.example',
        'GANTRY.example:1234',
        'named.example:8443',
      ]
      for (const host of own) {
        const { status, entered } = await knock(started, [`Host: ${host}`])
        expect({ host, status, entered }).toEqual({ host, status: 200, entered: true })
      }
    },
  )

  verifies(
    'surface:http:host-and-origin',
    'two Host headers, no Host header and a target with a host of its own are refused',
    async () => {
      const { port } = started.gateway
      const own = `Host: 127.0.0.1:${port}`
      const knocks = [
        await knock(started, [own, 'Host: evil.example']),
        await knock(started, ['Host: evil.example', own]),
        await knock(started, [own, own]),
        await knock(started, [own, 'hOsT: evil.example']),
        await knock(started, []),
        await knock(started, [own], { target: 'http://evil.example/mcp' }),
        await knock(started, [own], { target: `http://127.0.0.1:${port}/mcp` }),
        await knock(started, [own], { target: 'evil.example:443' }),
        await knock(started, [own], { target: '*', method: 'OPTIONS' }),
        await knock(started, [own], { target: '//evil.example/mcp' }),
        await sendBytes(port, 'POST /mcp HTTP/1.0\r\nContent-Length: 0\r\n\r\n'),
      ]

      for (const reply of knocks) {
        expect([400, 403]).toContain(reply.status)
        expect(reply).not.toHaveProperty('entered', true)
      }
    },
  )
})

describe('who calls', () => {
  const foreignOrigins = [
    'https://evil.example',
    'null',
    'NULL',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://evil.example@127.0.0.1',
    'http://127.0.0.1/',
    'http://LOCALHOST',
    'http://localhost.',
    'http://[::ffff:127.0.0.1]',
    'http://0.0.0.0',
    'file://',
    'chrome-extension://abc',
    'https://app.example.evil.example',
    'https://app.example:444',
    'http://app.example',
    'https://app.example https://evil.example',
    '*',
    '',
  ]
  verifies(
    'surface:http:host-and-origin',
    'a foreign or opaque Origin is refused on every route, and no answer lets a page read it',
    async () => {
      const own = `Host: 127.0.0.1:${started.gateway.port}`
      for (const origin of foreignOrigins) {
        const { status, entered, text } = await knock(started, [own, `Origin: ${origin}`])
        expect({ origin, status, entered }).toEqual({ origin, status: 403, entered: false })
        expect(text.toLowerCase()).not.toContain('access-control')
      }
      for (const target of routes) {
        for (const method of methods) {
          const { status } = await knock(started, [own, 'Origin: https://evil.example'], {
            target,
            method,
          })
          expect({ target, method, status }).toEqual({ target, method, status: 403 })
        }
      }
      const twice = await knock(started, [
        own,
        'Origin: https://app.example',
        'Origin: https://evil.example',
      ])
      expect(twice).toMatchObject({ status: 400, entered: false })
    },
  )

  verifies(
    'surface:http:host-and-origin',
    'no Origin, a loopback one and one that the configuration adds pass',
    async () => {
      const { port } = started.gateway
      const own = `Host: 127.0.0.1:${port}`
      const passing = [
        [],
        [`Origin: http://127.0.0.1:${port}`],
        [`Origin: http://localhost:${port}`],
        [`Origin: http://[::1]:${port}`],
        ['Origin: https://app.example'],
      ]
      for (const lines of passing) {
        const { status, entered } = await knock(started, [own, ...lines])
        expect({ lines, status, entered }).toEqual({ lines, status: 200, entered: true })
      }
    },
  )

  test('an upgrade is not taken, whoever asks', async () => {
    const { port } = started.gateway
    const upgrade = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AA==']
    const headers = [`Host: 127.0.0.1:${port}`, ...upgrade]

    const foreign = await knock(started, [...headers, 'Origin: https://evil.example'], {
      method: 'GET',
    })
    const own = await knock(started, headers, { method: 'GET' })

    expect(foreign.status).toBe(403)
    expect(own.status).toBe(405)
  })

  verifies(
    'surface:http:no-token-passthrough',
    'credentials, cookies, session ids and unknown headers of a client never reach a server',
    async () => {
      const { key } = await newKey(started.gateway, { name: 'client' })
      await untilStatus(started.gateway, key, 200)
      const headers = {
        authorization: `Bearer ${key}`,
        cookie: 'session=secret-of-the-client',
        'proxy-authorization': 'Basic secret-of-the-client',
        'x-api-key': 'secret-of-the-client',
        'x-forwarded-for': 'secret-of-the-client',
        'last-event-id': 'secret-of-the-client',
        'mcp-session-id': 'secret-of-the-client',
        'mcp-param-unknown': 'secret-of-the-client',
      }
      const { url } = started.gateway
      const before = started.servers.good.heard.length

      await modernClient(url).ask('tools/call', '{"name":"one"}', { headers })
      const heard = started.servers.good.heard.slice(before)

      expect(heard).toHaveLength(1)
      expect(JSON.stringify(heard[0]?.headers)).not.toContain('secret-of-the-client')
      expect(heard[0]?.text).not.toContain(key)
      expect(JSON.stringify(heard[0]?.headers)).not.toContain(key)
    },
  )

  verifies(
    'surface:http:bind',
    'an address that other machines can reach is refused, in the file as on the command line',
    async () => {
      await using folder = await createTempFolder()
      const file = join(folder.path, 'gantry.json')
      await writeFile(file, '{"listen":{"host":"192.168.1.1"},"servers":{}}')
      const runs = await Promise.all([
        runGantry(['up', '--host', '0.0.0.0', '--port', '0'], { cwd: folder.path }),
        runGantry(['up', '--config', file, '--port', '0'], { cwd: folder.path }),
      ])

      expect(runs.map(({ code }) => code)).toEqual([4, 4])
      expect(runs[0].stderr).toContain('Refusing to listen on 0.0.0.0')
      expect(runs[1].stderr).toContain('Refusing to listen on 192.168.1.1')
    },
  )
})
