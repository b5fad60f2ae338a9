import { readFileSync, readdirSync } from 'node:fs'
import { hash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { z } from 'zod'
import { routeScopes } from '../../src/apps/gateway/route-scopes.ts'
import type { Told } from '../access/people.ts'
import {
  ask,
  askLegacy,
  askMcp,
  everyScope,
  keysOf,
  newKey,
  openSession,
  readAs,
  revoke,
  untilStatus,
} from '../access/people.ts'
import { exampleServer } from '../door/gateways.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { descendantsOf } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'

const simpleKey = 'canary41aa-key-of-simple-agents-in-the-file'
const environment = 'canary41aa-value-of-a-variable'

let gateway: RunningGateway
let admin: string
beforeAll(async () => {
  gateway = await startGateway(
    {
      log: { level: 'debug', format: 'json' },
      access: { keys: 'required' },
      agents: { simple: true, simpleKey },
      servers: {
        example: { ...exampleServer, env: { TOKEN: '${env:CANARY}' } },
        absent: {
          url: 'http://127.0.0.1:9/mcp',
          headers: { Authorization: 'Bearer ${env:CANARY}' },
          retries: 0,
        },
      },
      profiles: { some: { servers: ['example'] } },
    },
    { env: { CANARY: environment } },
  )
  admin = (await newKey(gateway, { name: 'admin', scopes: everyScope })).key
  await untilStatus(gateway, admin, 200)
})
afterAll(() => gateway[Symbol.asyncDispose]())

const json = { 'content-type': 'application/json' }
const post = (key: string | undefined, path: string, body: unknown) =>
  ask(gateway, key, path, { method: 'POST', headers: json, body: JSON.stringify(body) })

/** Shows a secret in every place a careless client might put it. */
async function useEverywhere(secret: string): Promise<readonly Told[]> {
  const params = { name: 'add', arguments: { a: 1, b: 2 } }
  const asHeader = (value: string, more: Readonly<Record<string, string>> = {}) =>
    ask(gateway, undefined, '/api/status', { headers: { authorization: value, ...more } })
  return [
    await ask(gateway, secret, '/api/status'),
    await ask(gateway, `${secret}x`, '/api/status'),
    await ask(gateway, secret.slice(0, -1), '/mcp'),
    await askMcp(gateway, secret, 'tools/call', { params }),
    await askLegacy(gateway, secret, { method: 'tools/list', session: secret }),
    await asHeader(`Basic ${Buffer.from(`x:${secret}`).toString('base64')}`),
    await asHeader(`Agent ${secret}`),
    await asHeader(secret),
    await asHeader(`Bearer ${admin}`, { 'x-api-key': secret, cookie: `key=${secret}` }),
    await ask(gateway, undefined, `/api/status?access_token=${secret}`),
    await ask(gateway, undefined, `/mcp?key=${secret}`),
    await post(admin, '/api/keys', { name: 'x', key: secret }),
    await post(admin, '/api/servers', {
      name: 'careless',
      url: 'http://127.0.0.1:9/mcp',
      headers: { authorization: secret },
    }),
    await post(admin, '/api/tools/call', { tool_name: 'add', arguments: { a: secret } }),
    await post(admin, '/tools/fail', { message: 'x', token: secret }),
  ]
}

/** Everything that the gateway tells of itself, writes down or shows to others on this machine. */
async function allTold(): Promise<Readonly<Record<string, string>>> {
  const pages = routeScopes
    .filter(({ method }) => method === 'GET')
    .map(({ path }) => path.replaceAll(/\{\w+\}/g, 'example'))
  const told = await Promise.all(
    [...new Set(pages)].map(
      async (page) => [page, (await ask(gateway, admin, page)).text] as const,
    ),
  )
  const pids = [gateway.pid, ...descendantsOf(gateway.pid).map(({ pid }) => pid)]
  return {
    ...Object.fromEntries(told),
    stderr: gateway.stderr(),
    stdout: gateway.stdout(),
    arguments: pids.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1')).join('\n'),
    ...filesIn(join(gateway.folder, 'state')),
  }
}

function filesIn(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file, readFileSync(file, 'latin1')]),
  )
}

const digests = (text: string) =>
  (['hex', 'base64url', 'base64'] as const).map((form) => hash('sha256', text, form))

const placesOf = (told: Readonly<Record<string, string>>, secret: string) =>
  Object.entries(told).flatMap(([place, text]) => (text.includes(secret) ? [place] : []))

verifies(
  'security:V33',
  'V33: a key, a token or a secret of the file that was used in every way is in no log, page, state or command line, and in no answer',
  async () => {
    const { key, id } = await newKey(gateway, { name: 'used', scopes: ['read', 'call'] })
    await untilStatus(gateway, key, 200)
    const enrolled = await post(admin, '/api/agents/enrol', { name: 'laptop' })
    const { token } = readAs(z.object({ token: z.string() }), enrolled)
    const ended = await newKey(gateway, { name: 'ended', scopes: ['read'] })
    await revoke(gateway, ended.id)
    const session = await openSession(gateway, key)

    for (const secret of [key, token, ended.key, simpleKey, environment]) {
      const hidden = secret.startsWith('gk_') ? secret.slice(16) : secret
      const answers = await useEverywhere(secret)
      expect(answers.filter(({ text }) => text.includes(hidden)).map(({ text }) => text)).toEqual(
        [],
      )
      expect(answers.flatMap(({ headers }) => [...headers.values()]).join()).not.toContain(hidden)
    }
    await expect.poll(() => gateway.stderr().length).toBeGreaterThan(0)
    const told = await allTold()
    for (const secret of [key.slice(16), token, ended.key.slice(16), simpleKey, environment])
      expect(placesOf(told, secret)).toEqual([])
    // An id of a session is no credential, and all the same nobody's business.
    expect(placesOf(told, session)).toEqual([])
    expect(placesOf(told, id).length).toBeGreaterThan(0)
  },
)

verifies(
  'security:V33',
  'V33: what is kept of keys and tokens is a digest, in files of their owner',
  async () => {
    const { key } = await newKey(gateway, { name: 'kept' })
    const enrolled = await post(admin, '/api/agents/enrol', { name: 'other' })
    const { token } = readAs(z.object({ token: z.string() }), enrolled)
    const files = filesIn(join(gateway.folder, 'state'))

    for (const secret of [key, token]) {
      const [file] = Object.entries(files).find((place) =>
        digests(secret).some((digest) => place.join('\n').includes(digest)),
      ) ?? ['']
      expect(file).not.toBe('')
      expect((await stat(file)).mode & 0o077).toBe(0)
    }
    expect(await readFile(keysOf(gateway), 'utf8')).not.toContain(key.slice(16))
  },
)

verifies(
  'security:V33',
  'V33: a key in an address is 400 on every route, by every method',
  async () => {
    const { key } = await newKey(gateway, { name: 'careless' })
    await untilStatus(gateway, key, 200)
    const queries = [`access_token=${key}`, 'apikey=x', `a=1&k=${key}`]
    for (const { method, path } of routeScopes) {
      const target = path.replaceAll(/\{\w+\}/g, 'example')
      for (const query of queries) {
        const sent = { method: method === '*' ? 'POST' : method, headers: json }
        for (const shown of [undefined, admin]) {
          const { status, text } = await ask(gateway, shown, `${target}?${query}`, sent)
          expect({ target, query, status }).toEqual({ target, query, status: 400 })
          expect(text).toContain('key_in_query')
          expect(text).not.toContain(key.slice(16))
        }
      }
    }
    // Nothing was done with it either: it is as good as before.
    expect((await ask(gateway, key, '/api/tools')).status).toBe(200)
  },
)
