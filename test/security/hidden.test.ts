import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { routeScopes } from '../../src/apps/gateway/route-scopes.ts'
import { ask, newKey, openSession, untilStatus } from '../access/people.ts'
import { runGantry } from '../cli/run-gantry.ts'
import { sendRaw } from '../fixtures/scripted/raw-http.ts'
import { verifies } from '../requirements/verifies.ts'
import { openListening } from './listening.ts'
import type { Asked, Sent } from './requests.ts'
import {
  asked,
  askedInSession,
  doors,
  hiddenDoors,
  legacy,
  modern,
  requestsTo,
} from './requests.ts'
import type { Reader, World } from './twins.ts'
import { fileOf, openWorld, settled } from './twins.ts'

let worlds: readonly [World, World]
beforeAll(async () => {
  worlds = await Promise.all([openWorld(true), openWorld(false)])
})
afterAll(() => Promise.all(worlds.map((world) => world[Symbol.asyncDispose]())))

const readers: readonly Reader[] = ['viewer', 'keeper', 'confined']

/** The whole answer, byte for byte as it came. */
async function told({ gateway, keys }: World, reader: Reader, sent: Sent): Promise<string> {
  const { method, target, body, headers = {} } = sent
  const text = body === undefined ? undefined : JSON.stringify(body)
  const lines = {
    Host: `127.0.0.1:${gateway.port}`,
    Authorization: `Bearer ${keys[reader]}`,
    ...(text !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(text)),
    }),
    ...headers,
  }
  const reply = await sendRaw(gateway.port, {
    method,
    target,
    headers: Object.entries(lines).map((pair) => pair.join(': ')),
    ...(text !== undefined && { body: text }),
  })
  return settled(reply.text)
}

/** Sends the same to both worlds, one after the other in each, and shows where they differ. */
async function differences(reader: Reader, requests: readonly Sent[]): Promise<readonly unknown[]> {
  const [one = [], two = []] = await Promise.all(
    worlds.map(async (world) => {
      const answers: string[] = []
      for (const sent of requests) answers.push(await told(world, reader, sent))
      return answers
    }),
  )
  expect(one.every((text) => text.startsWith('HTTP/1.1 '))).toBe(true)
  return requests.flatMap((sent, index) =>
    one[index] === two[index] ? [] : [[JSON.stringify(sent), one[index], two[index]]],
  )
}

describe.each(readers)('%s', (reader) => {
  verifies(
    'security:hidden',
    'V13: in the newer era, by every address, what is hidden is answered byte for byte as what does not exist',
    async () => {
      const requests = [...doors, ...hiddenDoors].flatMap((path) =>
        [['server/discover', {}] as const, ...asked].map((one) => modern(path, one)),
      )

      expect(await differences(reader, requests)).toEqual([])
      expect(worlds[0].heardByHidden()).toBe(0)
    },
  )

  verifies('security:hidden', 'V13: in a session of the older era too', async () => {
    for (const path of doors) {
      const sessions = await Promise.all(
        worlds.map(({ gateway, keys }) => openSession(gateway, keys[reader], path)),
      )
      for (const one of [...asked, ...askedInSession]) {
        const [here, there] = await Promise.all(
          worlds.map((world, index) =>
            told(world, reader, legacy(path, one, sessions[index] ?? '')),
          ),
        )
        expect(here, JSON.stringify([path, one])).toBe(there)
      }
    }
    const greeting: Asked = ['initialize', { protocolVersion: '2025-11-25', capabilities: {} }]
    const closed = hiddenDoors.map((path) => legacy(path, greeting))
    expect(await differences(reader, closed)).toEqual([])
    expect(worlds[0].heardByHidden()).toBe(0)
  })

  verifies(
    'security:hidden',
    'V13: over every address of the route table, with every name in every place',
    async () => {
      const requests = routeScopes
        .filter(({ method, path }) => method !== '*' && path !== '/metrics')
        .flatMap(({ method, path }) => requestsTo(method, path))

      expect(requests.length).toBeGreaterThan(200)
      expect(await differences(reader, requests)).toEqual([])
      expect(worlds[0].heardByHidden()).toBe(0)
    },
  )

  verifies('security:hidden', 'V13: what was asked for is counted the same', async () => {
    const pages = await Promise.all(
      worlds.map((world) => told(world, reader, { method: 'GET', target: '/metrics' })),
    )
    const [here, there] = pages.map((text) => counted(text))

    expect(here?.length).toBeGreaterThan(5)
    expect(here).toEqual(there)
  })
})

verifies(
  'security:hidden',
  'V13: who follows changes hears nothing of what is hidden, in both eras',
  async () => {
    for (const era of ['modern', 'legacy'] as const) {
      const heard = await Promise.all(
        worlds.map(async (world) => {
          await using listening = await openListening(world.gateway, world.keys.viewer, era)
          for (const uri of ['secret:1', 'shown:1']) await listening.follow(uri)
          world.stirHidden()
          await listening.until(() =>
            world.announce('notifications/resources/updated', { uri: 'shown:1' }),
          )
          return listening.heard().toSorted().join('\n')
        }),
      )
      expect(heard[0]).toContain('notifications/resources/updated')
      expect(heard[0]).toEqual(heard[1])
    }
  },
)

verifies(
  'security:hidden',
  'V13: what a change of the configuration came to is for who may change all of it',
  async () => {
    const [{ gateway, keys }] = worlds
    const { key: admin } = await newKey(gateway, { name: 'admin', scopes: ['config', 'read'] })
    await untilStatus(gateway, admin, 200)
    const config = await readFile(fileOf(worlds[0]), 'utf8')
    const parsed: { servers: Record<string, object> } = JSON.parse(config)
    const servers = { ...parsed.servers, secret: { ...parsed.servers['secret'], timeoutMs: 4321 } }
    await writeFile(fileOf(worlds[0]), JSON.stringify({ ...parsed, servers }))
    const reload = { method: 'POST', headers: { 'content-type': 'application/json' } }
    expect((await ask(gateway, admin, '/api/config/reload', reload)).status).toBe(200)
    await writeFile(fileOf(worlds[0]), '{"servers":{"secret":{"command":1}}}')
    expect((await ask(gateway, admin, '/api/config/reload', reload)).status).toBe(400)

    for (const page of ['/api/status', '/readyz', '/metrics', '/api/servers/status']) {
      for (const reader of readers)
        expect((await ask(gateway, keys[reader], page)).text).not.toContain('secret')
      expect((await ask(gateway, undefined, page)).text).not.toContain('secret')
    }
    for (const page of ['/api/status', '/readyz'])
      expect((await ask(gateway, admin, page)).text).toContain('secret')
    await writeFile(fileOf(worlds[0]), config)
  },
)

const commands: readonly (readonly string[])[] = [
  ['call', 'conceal'],
  ['call', 'secret__look', '--json'],
  ['tools', '--json'],
  ['logs', 'secret'],
  ['why', 'viewer', 'conceal'],
]

verifies(
  'security:hidden',
  'V13: the command line says the same, with the key of who may not see it and with none',
  async () => {
    for (const args of commands) {
      const ran = worlds.map(async ({ gateway, keys }) => {
        const env = { GANTRY_URL: `http://127.0.0.1:${gateway.port}`, GANTRY_KEY: keys.viewer }
        const { code, stdout, stderr } = await runGantry(args, { cwd: gateway.folder, env })
        return { code, stdout: settled(stdout), stderr: settled(stderr) }
      })
      const [here, there] = await Promise.all(ran)
      expect({ args, ...here }).toEqual({ args, ...there })
    }
    const stdin = [
      { method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {} } },
      { method: 'tools/call', params: { name: 'conceal', arguments: {} } },
      { method: 'tools/call', params: { name: 'list_filedx', arguments: {} } },
    ].map((one, index) => JSON.stringify({ jsonrpc: '2.0', id: index + 1, ...one }))
    const spoken = worlds.map(async (world) => {
      const args = ['stdio', '--config', fileOf(world)]
      const { stdout } = await runGantry(args, { cwd: world.gateway.folder, stdin: lines(stdin) })
      return stdout.split('\n').toSorted()
    })
    const [here, there] = await Promise.all(spoken)
    expect(here).toEqual(there)
    expect(here?.join('')).toContain('tool_unknown')
  },
  120_000,
)

const lines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('')

/** The lines of metrics that count calls and servers; how long something took is never the same. */
function counted(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('gantry_'))
    .filter(
      (line) => !/_seconds|_bytes|process_|connections|generation|audit_(?:lag|written)/.test(line),
    )
}
