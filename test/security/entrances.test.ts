import { globSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { readConfig } from '../../src/contract/config/read.ts'
import { routeScopes } from '../../src/apps/gateway/route-scopes.ts'
import {
  ask,
  askLegacy,
  everyScope,
  expiredKey,
  newKey,
  openSession,
  revoke,
  untilStatus,
} from '../access/people.ts'
import { withGantry } from '../cli/run-gantry.ts'
import { sendRaw } from '../fixtures/scripted/raw-http.ts'
import { exampleServer } from '../door/gateways.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

verifies(
  'security:V12',
  'V12: whatever an address that others reach is called, nothing listens there unless everybody needs a key',
  withGantry(async ({ folder, gantry }) => {
    const env = { XDG_STATE_HOME: join(folder, 'state') }
    const hosts = ['::', '127.0.0.1.evil.example', '']
    const settings = [
      ...hosts.map((host) => ({ listen: { host, port: 0 } })),
      { listen: { host: '0.0.0.0', port: 0 }, access: { loopback: 'key' } },
      { listen: { host: '0.0.0.0', port: 0 }, access: { rules: [{ effect: 'deny' }] } },
    ]
    expect((await gantry(['keys', 'create', 'somebody'], { env })).code).toBe(0)
    for (const one of settings) {
      await writeFile(join(folder, 'gantry.json'), JSON.stringify({ ...one, servers: {} }))
      const { code, stderr, stdout } = await gantry(['up'], { env })
      expect({ one, isRefused: code === 4 || code === 1 }).toEqual({ one, isRefused: true })
      expect(stderr, JSON.stringify(one)).toMatch(/Refusing to listen on .+\n {2}→ .+|listen\.host/)
      expect(stdout).not.toContain('http://')
    }
  }),
  120_000,
)

verifies(
  'security:V12',
  'V12: a secret that people choose is refused when it is short or known',
  () => {
    const weak = [
      '',
      'changeme',
      'default-insecure-seed',
      'sixteen-characters',
      'a'.repeat(64),
      'changeme'.repeat(8),
      'password-password-password-password',
    ]
    for (const simpleKey of weak) {
      const [{ problem } = { problem: '' }] = problemsWith(simpleKey)
      expect(problem).toContain('agents.simpleKey')
      if (simpleKey !== '') expect(problem).not.toContain(simpleKey)
    }
    expect(problemsWith('0f1e2d3c4b5a69788796a5b4c3d2e1f0')).toEqual([])
  },
)

function problemsWith(simpleKey: string) {
  const file = { agents: { simple: true, simpleKey } }
  return readConfig(file, { env: {}, readFile: () => '' }).problems
}

verifies('security:V12', 'V12: no secret is part of the program', () => {
  const root = resolve(import.meta.dirname, '../..')
  const files = globSync(['src/**/*.ts', 'bin/*', 'scripts/*.mjs'], { cwd: root })
  const shipped = files.filter((file) => !file.endsWith('.test.ts'))
  const found = shipped.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/[\w+/-]{32,}={0,2}/g)]
      .filter(([word]) => isRandom(word))
      .map(([word]) => `${file}: ${word}`),
  )

  expect(files.length).toBeGreaterThan(200)
  expect(found).toEqual([])
})

/** Written by no person: digits, small and large letters in a mix, and hardly one twice. */
function isRandom(word: string): boolean {
  const kinds = [/\d/g, /[a-z]/g, /[A-Z]/g].map((kind) => word.match(kind)?.length ?? 0)
  const isHex = /^[0-9a-f]{32,}$/i.test(word) && new Set(word).size > 8
  return isHex || (kinds.every((count) => count >= 4) && new Set(word).size > word.length / 2)
}

let gateway: RunningGateway
let owner: string
let other: string
const bad: Record<string, string> = {}
beforeAll(async () => {
  gateway = await startGateway({
    log: { level: 'debug', format: 'json' },
    servers: { mine: exampleServer, theirs: exampleServer },
    profiles: { mine: { servers: ['mine'] }, theirs: { servers: ['theirs'] } },
  })
  const scopes = ['read:mine', 'call:mine', 'config:mine', 'agents', 'audit']
  owner = (await newKey(gateway, { name: 'owner', scopes })).key
  other = (await newKey(gateway, { name: 'other', scopes: ['read', 'call'] })).key
  const ended = await newKey(gateway, { name: 'ended', scopes: everyScope })
  await revoke(gateway, ended.id)
  bad['revoked'] = ended.key
  bad['expired'] = await expiredKey(gateway, 'late')
  const last = await newKey(gateway, { name: 'last', scopes: everyScope })
  await untilStatus(gateway, last.key, 200)
  bad['longer'] = `${last.key}x`
  bad['shorter'] = last.key.slice(0, -1)
  bad['changed'] = `${last.key.slice(0, -1)}${last.key.endsWith('A') ? 'B' : 'A'}`
  bad['swapped'] = `${other.slice(0, 16)}${last.key.slice(16)}`
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** Lines that say who one is, and are not good. */
const shown = () => [
  ...['garbage', '', 'null', 'undefined', ...Object.values(bad)].map((key) => `Bearer ${key}`),
  'bearer',
  'Basic bG9jYWw6',
  'Agent 00000000000000000000000000000000',
  'Bearer a b',
  other,
]

/** Who made these keys has nothing to do with us; clients of OpenAI have to show one. */
const foreign = ['garbage', 'null', 'undefined'].map((key) => `Bearer ${key}`)

const targets = [
  ...routeScopes.flatMap(({ method, path, takesForeignKeys = false }) =>
    (method === '*' ? ['GET', 'POST', 'DELETE'] : [method]).map(
      (one) => [one, path.replaceAll(/\{\w+\}/g, 'mine'), takesForeignKeys] as const,
    ),
  ),
  ['GET', '/nothing', false] as const,
  ['POST', '/mcp/servers', false] as const,
]

verifies(
  ['security:V12', 'security:V13'],
  'V12: where no key is wanted, one that is not good is still 401, on every route and the upgrade of agents',
  async () => {
    const own = `Host: 127.0.0.1:${gateway.port}`
    for (const [method, target, takesForeignKeys] of targets) {
      const lines = shown().filter((line) => !takesForeignKeys || !foreign.includes(line))
      for (const line of lines) {
        const headers = [own, 'Content-Type: application/json', `Authorization: ${line}`]
        const { status, text } = await sendRaw(gateway.port, {
          method,
          target,
          headers: [...headers, 'Content-Length: 2'],
          body: '{}',
        })
        expect({ method, target, line, status }).toEqual({ method, target, line, status: 401 })
        expect(text.toLowerCase()).toContain('www-authenticate: bearer')
      }
    }
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
    for (const line of shown()) {
      const headers = [own, `Authorization: ${line}`, ...upgrade]
      const sent = [...headers, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
      const { status } = await sendRaw(gateway.port, {
        method: 'GET',
        target: '/agents',
        headers: sent,
      })
      expect({ line, status }).toEqual({ line, status: 401 })
    }
  },
)

describe('objects of somebody else', () => {
  const named = routeScopes.filter(({ path }) => /\{\w+\}/.test(path))

  verifies(
    'security:V13',
    'V13: are answered like what is not there, on every route that names one',
    async () => {
      const names: Readonly<Record<string, readonly [string, string]>> = {
        name: ['theirs', 'nobody'],
        tool: ['theirs__add', 'nobody__add'],
        id: ['theirs', 'nobody'],
      }
      expect(named.length).toBeGreaterThan(8)
      for (const { method, path } of named) {
        const place = /\{(\w+)\}/.exec(path)?.[1] ?? ''
        const told = (names[place] ?? []).map(async (name) => {
          const target = path.replace(`{${place}}`, name)
          const sent = method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }
          const answer = await ask(gateway, owner, target, {
            method: method === '*' ? 'POST' : method,
            headers: { 'content-type': 'application/json' },
            ...sent,
          })
          const headers = [...answer.headers].filter(([header]) => header !== 'date')
          return JSON.stringify([answer.status, headers, answer.text]).replaceAll(name, 'NAME')
        })
        const [theirs, nobody] = await Promise.all(told)
        expect(theirs, path).toBe(nobody)
        expect(theirs, path).toMatch(/^\[4/)
      }
      const { text } = await ask(gateway, undefined, '/api/servers/theirs')
      expect(text).toContain('"ready"')
    },
  )
})

describe('a session', () => {
  verifies(
    'security:V16',
    'V16: is there only for its principal: not for others, nor for who shows no key, nor for who shows a bad one',
    async () => {
      const session = await openSession(gateway, other)
      const uses = ['tools/list', 'ping', 'tools/call', 'resources/subscribe', 'logging/setLevel']
      for (const key of [owner, undefined]) {
        for (const path of ['/mcp', '/servers/mine/mcp', '/profiles/mine/mcp']) {
          const told = [session, 'A'.repeat(session.length)].map((id) =>
            Promise.all(
              uses.map((method) => askLegacy(gateway, key, { method, path, session: id })),
            ),
          )
          const [mine = [], nobodys = []] = await Promise.all(told)
          expect(mine.map(({ status }) => status)).toEqual(uses.map(() => 404))
          expect(mine.map(({ text }) => text)).toEqual(nobodys.map(({ text }) => text))
        }
      }
      for (const key of Object.values(bad))
        expect((await askLegacy(gateway, key, { method: 'ping', session })).status).toBe(401)
      expect((await askLegacy(gateway, other, { method: 'ping', session })).status).toBe(200)
    },
  )

  verifies('security:V16', 'V16: goes on with another key of its principal', async () => {
    const session = await openSession(gateway, other)
    const { key } = await newKey(gateway, { name: 'other', scopes: ['read', 'call'] })
    await untilStatus(gateway, key, 200)

    expect((await askLegacy(gateway, key, { method: 'tools/list', session })).status).toBe(200)
  })

  verifies(
    'security:V16',
    'V16: has an id that nobody can guess, and that is nowhere told',
    async () => {
      const ids = await Promise.all(Array.from({ length: 50 }, () => openSession(gateway, other)))

      expect(new Set(ids).size).toBe(ids.length)
      for (const id of ids) expect(id).toMatch(/^[\w-]{43}$/)
      // No two have more in common than chance makes of 256 bits.
      const same = ids.flatMap((id, index) =>
        ids.slice(index + 1).filter((one) => one.slice(0, 8) === id.slice(0, 8)),
      )
      expect(same).toEqual([])
      const pages = ['/metrics', '/readyz', '/api/status', '/api/servers/status', '/livez']
      const told = await Promise.all(pages.map((page) => ask(gateway, undefined, page)))
      const said = [...told.map(({ text }) => text), gateway.stderr(), gateway.stdout()].join('\n')
      for (const id of ids) expect(said).not.toContain(id.slice(0, 12))
    },
  )
})
