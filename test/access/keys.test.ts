import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keysThereAre } from '../../src/apps/gateway/keys.ts'
import { withGantry } from '../cli/run-gantry.ts'
import { exampleServer } from '../door/gateways.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { inTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import {
  ask,
  askLegacy,
  askMcp,
  bearer,
  keysOf,
  newKey,
  openSession,
  revoke,
  untilStatus,
} from './people.ts'

let gateway: RunningGateway
beforeAll(async () => {
  gateway = await startGateway({
    servers: { example: exampleServer },
    access: { keys: 'required' },
  })
})
afterAll(() => gateway[Symbol.asyncDispose]())

verifies(
  ['access:keys:V33', 'security:V33'],
  'a key is printed once; the list and the file know no more than its id and a digest',
  withGantry(async ({ folder, gantry }) => {
    const env = { XDG_STATE_HOME: join(folder, 'state') }
    const made = await gantry(
      ['keys', 'create', 'ci', '--scope', 'call:files', '--expires', '30d'],
      {
        env,
      },
    )
    const key = made.stdout.trim()
    const secret = key.slice(16)
    const listed = await gantry(['keys', 'ls'], { env })
    const json = await gantry(['keys', 'ls', '--json'], { env })
    const file = join(folder, 'state', 'gantry', 'keys.json')

    expect(key).toMatch(/^gk_[0-9a-f]{12}_[\w-]{43}$/)
    expect(made.stderr).toContain('It is not shown again. ci may call:files, until ')
    expect(listed.stdout).toMatch(/^active {2}[0-9a-f]{12} {2}ci {2}call:files {2}never used/)
    for (const text of [listed.stdout, json.stdout, await readFile(file, 'utf8')])
      expect(text).not.toContain(secret)
    expect(JSON.parse(json.stdout)).toMatchObject([{ name: 'ci', state: 'active' }])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const revoked = await gantry(['keys', 'revoke', key.slice(3, 15)], { env })
    expect(revoked.stdout).toContain('Revoked')
    expect((await gantry(['keys', 'ls'], { env })).stdout).toMatch(/^revoked/)
  }),
)

test(
  'what cannot be is refused with what to do',
  withGantry(async ({ folder, gantry }) => {
    const env = { XDG_STATE_HOME: join(folder, 'state') }
    const wrong = [
      [['keys', 'create', 'local'], 'this one is reserved'],
      [['keys', 'create', 'a b'], 'use 1 to 64 letters'],
      [['keys', 'create', 'ci', '--scope', 'fly'], '"fly" is no scope'],
      [['keys', 'create', 'ci', '--expires', 'soon'], 'such as 90m, 12h or 30d'],
      [['keys', 'revoke', 'nix'], 'No key has the id "nix"'],
    ] as const
    for (const [args, text] of wrong) {
      const { code, stderr, stdout } = await gantry(args, { env })
      expect({ args, isFailure: code === 2 || code === 1, stdout }).toMatchObject({
        isFailure: true,
        stdout: '',
      })
      expect(stderr.toLowerCase()).toContain(text.toLowerCase())
    }
  }),
)

verifies(
  ['access:keys:V33', 'security:V33'],
  'a key in an address is refused unseen, on every kind of route',
  async () => {
    const { key } = await newKey(gateway, { name: 'careless' })
    await untilStatus(gateway, key, 200)

    for (const path of ['/mcp', '/api/status', '/metrics', '/livez', '/agents', '/nothing']) {
      for (const query of [
        `access_token=${key}`,
        `x=1&api_key=x`,
        `k=${key.replace('_', '%5f')}`,
      ]) {
        const { status, text } = await ask(gateway, undefined, `${path}?${query}`)
        expect({ path, query, status }).toEqual({ path, query, status: 400 })
        expect(text).toContain('key_in_query')
        expect(text).not.toContain(key.slice(16))
      }
    }
  },
)

verifies(
  ['access:keys:V33', 'security:V33'],
  'no key that was used is in the log, the state or an answer',
  async () => {
    const { key } = await newKey(gateway, { name: 'canary', scopes: ['read', 'call', 'keys'] })
    await untilStatus(gateway, key, 200)
    const secret = key.slice(16)
    const told = [
      await ask(gateway, key, '/api/keys'),
      await ask(gateway, key, '/metrics'),
      await ask(gateway, `${key}x`, '/api/keys'),
      await ask(gateway, key, `/api/status?access_token=${key}`),
      await askMcp(gateway, key, 'tools/call', {
        params: { name: 'add', arguments: { a: 1, b: 2 } },
      }),
    ]
    const state = join(gateway.folder, 'state')
    const files = await readdir(state, { recursive: true, withFileTypes: true })
    const texts = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
    )

    expect(texts.length).toBeGreaterThan(0)
    const seen = [...told.map(({ text }) => text), ...texts, gateway.stderr(), gateway.stdout()]
    expect(seen.filter((text) => text.includes(secret))).toEqual([])
  },
)

verifies(
  'access:keys:rotation',
  'the second key of a name goes on where the first ends',
  async () => {
    const first = await newKey(gateway, { name: 'rotating' })
    const second = await newKey(gateway, { name: 'rotating' })
    await untilStatus(gateway, second.key, 200)
    const session = await openSession(gateway, first.key)
    await revoke(gateway, first.id)
    await untilStatus(gateway, first.key, 401)

    const { status, text } = await askLegacy(gateway, second.key, { method: 'tools/list', session })

    expect(status).toBe(200)
    expect(text).toContain('"add"')
  },
)

verifies(
  'access:keys:revoked',
  'a key that ends gets nobody in within a second, and its streams end',
  async () => {
    const { key, id } = await newKey(gateway, { name: 'leaving' })
    await untilStatus(gateway, key, 200)
    const session = await openSession(gateway, key)
    const stream = await fetch(gateway.url, {
      headers: { ...bearer(key), accept: 'text/event-stream', 'mcp-session-id': session },
    })
    const ended = stream.text().then(
      () => 'ended',
      () => 'cut off',
    )
    expect(stream.status).toBe(200)

    await revoke(gateway, id)
    const tookMs = await untilStatus(gateway, key, 401)

    // The file is looked at three times a second, and a change counts when it was seen twice.
    expect(tookMs).toBeLessThan(2000)
    expect(await ended).toMatch(/ended|cut off/)
    const late = await askLegacy(gateway, key, { method: 'tools/list', session })
    expect(late.status).toBe(401)
  },
)

test(
  'when a key was last used is known to the hour, and kept when the gateway ends',
  inTempFolder(async (folder) => {
    const { key, id } = await newKey({ folder }, { name: 'busy' })
    const env = { XDG_STATE_HOME: join(folder, 'state') }
    {
      await using other = await startGateway({ servers: {} }, { env })
      await untilStatus(other, key, 200)
    }

    const [listed] = await keysThereAre(keysOf({ folder }))

    expect(listed).toMatchObject({ id, name: 'busy' })
    expect(listed?.last_used).toMatch(/T\d\d:00:00\.000Z$/)
  }),
)

test('over REST nobody makes a key that lets do more than their own', async () => {
  const { key } = await newKey(gateway, { name: 'clerk', scopes: ['keys', 'read'] })
  const boss = await newKey(gateway, { name: 'boss', scopes: ['config', 'read'] })
  await untilStatus(gateway, key, 200)
  const make = (body: object) =>
    ask(gateway, key, '/api/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  const fair = await make({ name: 'reader', scopes: ['read:docs'] })
  expect(fair.status).toBe(201)
  expect(JSON.parse(fair.text)).toMatchObject({ name: 'reader', state: 'active' })
  for (const body of [
    { name: 'greedy', scopes: ['read', 'config'] },
    { name: 'default' },
    { name: 'boss' },
  ])
    expect((await make(body)).status).toBe(403)
  const listed = await ask(gateway, key, '/api/keys')
  expect(listed.text).not.toContain('greedy')
  expect(listed.text).not.toContain('digest')
  const gone = await ask(gateway, key, `/api/keys/${boss.id}`, { method: 'DELETE' })
  expect(JSON.parse(gone.text)).toMatchObject({ state: 'revoked' })
  await untilStatus(gateway, boss.key, 401)
})
