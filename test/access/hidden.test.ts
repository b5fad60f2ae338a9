import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { wrapUri } from '../../src/core/catalog/uris.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import type { Told } from './people.ts'
import {
  ask,
  askLegacy,
  askMcp,
  newKey,
  openSession,
  openStream,
  readAs,
  untilStatus,
} from './people.ts'

const shownTools = [tool('look'), tool('conceal')]
/** What the viewer may see, and beside it a tool that a rule hides. */
const shown: Script = {
  era: 'modern',
  tools: shownTools,
  prompts: ['{"name":"greet"}'],
  resources: ['{"uri":"shown:1","name":"one"}'],
  on: {
    'tools/call': ({ answer }) => answer(textResult('seen')),
    'resources/read': ({ answer }) => answer('{"contents":[],"resultType":"complete"}'),
  },
}

/** Beside it, so that whose a resource is has to be found out. */
const other: Script = { era: 'modern', resources: ['{"uri":"other:1","name":"one"}'] }

const secretTools = [tool('look'), tool('covert')]
/** What the viewer may not know of. */
const secret: Script = {
  era: 'modern',
  tools: secretTools,
  prompts: ['{"name":"murmur"}'],
  resources: ['{"uri":"secret:1","name":"one"}'],
  templates: ['{"uriTemplate":"secret:{id}","name":"any"}'],
  on: { 'tools/call': ({ answer }) => answer(textResult('leaked')) },
}

/** A thing that is hidden, and one of the same length that is not there. */
const pairs = { conceal: 'qzxwvkj', covert: 'qzxwvk', murmur: 'vkqzxw', secret: 'zqxwvk' }

let started: ScriptedGateway<'shown' | 'secret' | 'other'>
let gateway: RunningGateway
let viewer: string
let admin: string

beforeAll(async () => {
  started = await startScripted(
    'http',
    { shown, secret, other },
    {
      config: {
        access: {
          keys: 'required',
          rules: [{ effect: 'deny', tools: ['conceal'], principals: ['viewer'] }],
        },
        profiles: { all: {}, private: { servers: ['secret'] } },
      },
    },
  )
  gateway = started.gateway
  viewer = (
    await newKey(gateway, { name: 'viewer', scopes: ['read:shown', 'call:shown', 'read:other'] })
  ).key
  admin = (await newKey(gateway, { name: 'admin', scopes: ['read', 'call', 'config'] })).key
  await untilStatus(gateway, admin, 200)
  // The first list waits for servers that start.
  await askMcp(gateway, admin, 'tools/list')
})
afterAll(() => started[Symbol.asyncDispose]())

type Name = keyof typeof pairs
const isName = (text: string): text is Name => text in pairs

/** The same request for what is hidden and for what is not there, and both answers without the names. */
async function bothWays(send: (name: (of: Name) => string) => Promise<Told>) {
  const hidden = await send((of) => of)
  const missing = await send((of) => pairs[of])
  return [plain(hidden), plain(missing)] as const
}

function plain({ status, headers, text }: Told) {
  const names = [...Object.keys(pairs), ...Object.values(pairs)].join('|')
  const without = text.replaceAll(new RegExp(names, 'g'), 'NAME')
  const told = [...headers].filter(([name]) => name !== 'date' && name !== 'mcp-session-id')
  return { status, headers: told, text: without }
}

const doors = ['/mcp', '/servers/shown/mcp', '/profiles/all/mcp']

const asked: Readonly<Record<string, (name: (of: Name) => string) => [string, object]>> = {
  'a call': (name) => ['tools/call', { name: name('conceal'), arguments: {} }],
  'a call on a hidden server': (name) => ['tools/call', { name: name('covert') }],
  'a call by its prefixed name': (name) => ['tools/call', { name: `${name('secret')}__look` }],
  'a prompt': (name) => ['prompts/get', { name: name('murmur') }],
  'a resource': (name) => ['resources/read', { uri: `${name('secret')}:1` }],
  'a resource of a template': (name) => ['resources/read', { uri: `${name('secret')}:7` }],
  'a resource by our own address': (name) => [
    'resources/read',
    { uri: wrapUri(`${name('secret')}:1`, name('secret')) },
  ],
  'a completion for a prompt': (name) => [
    'completion/complete',
    { ref: { type: 'ref/prompt', name: name('murmur') }, argument: { name: 'a', value: '' } },
  ],
  'a completion for a template': (name) => [
    'completion/complete',
    {
      ref: { type: 'ref/resource', uri: `${name('secret')}:{id}` },
      argument: { name: 'a', value: '' },
    },
  ],
}

describe.each(doors)('at %s', (path) => {
  describe.each(Object.entries(asked))('%s', (_, request) => {
    verifies(
      ['access:hidden:everywhere', 'security:hidden'],
      'is answered as if it did not exist, in both eras',
      async () => {
        const session = await openSession(gateway, viewer, path)
        const before = started.servers.secret.heard.length
        const modern = await bothWays((name) => {
          const [method, params] = request(name)
          return askMcp(gateway, viewer, method, { params: { ...params }, path })
        })
        const legacy = await bothWays((name) => {
          const [method, params] = request(name)
          return askLegacy(gateway, viewer, { method, params: { ...params }, path, session })
        })

        for (const [hidden, missing] of [modern, legacy]) expect(hidden).toEqual(missing)
        expect(started.servers.secret.heard.length).toBe(before)
      },
    )
  })

  verifies(
    ['access:hidden:everywhere', 'security:hidden'],
    'lists and greetings do not name it',
    async () => {
      const session = await openSession(gateway, viewer, path)
      const methods = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list']
      const modern = [...methods, 'server/discover'].map((method) =>
        askMcp(gateway, viewer, method, { path }),
      )
      const legacy = methods.map((method) => askLegacy(gateway, viewer, { method, path, session }))
      for (const { text, status } of await Promise.all([...modern, ...legacy])) {
        expect(status).toBe(200)
        expect(text).not.toMatch(/conceal|covert|murmur|secret/)
      }
      expect((await askMcp(gateway, viewer, 'tools/list', { path })).text).toContain(
        '"name":"look"',
      )
    },
  )

  verifies(
    ['access:hidden:everywhere', 'security:hidden'],
    'following it is like following nothing',
    async () => {
      const session = await openSession(gateway, viewer, path)
      const subscribe = (name: (of: Name) => string) =>
        askLegacy(gateway, viewer, {
          method: 'resources/subscribe',
          params: { uri: `${name('secret')}:1` },
          path,
          session,
        })

      const [hidden, missing] = await bothWays(subscribe)
      expect(hidden).toEqual(missing)
    },
  )
})

const rest: Readonly<Record<string, (name: (of: Name) => string) => [string, object?]>> = {
  'its status': (name) => [`/api/servers/${name('secret')}`],
  'its log': (name) => [`/api/servers/${name('secret')}/logs`],
  'its tools': (name) => [`/api/tools?server_name=${name('secret')}`],
  'its prompts': (name) => [`/api/prompts?server_name=${name('secret')}`],
  'its resources': (name) => [`/api/resources?server_name=${name('secret')}`],
  'the description of its tools': (name) => [`/tools/openapi.json?server_name=${name('secret')}`],
  'a call': (name) => ['/api/tools/call', { tool_name: name('conceal'), arguments: {} }],
  'a call with its server': (name) => [
    '/api/tools/call',
    { server_name: 'shown', tool_name: name('conceal'), arguments: {} },
  ],
  'a call on a hidden server': (name) => [
    '/mcp/tools/call',
    { server_name: name('secret'), tool_name: 'look', arguments: {} },
  ],
  'a tool at its own address': (name) => [`/tools/${name('conceal')}`, {}],
  'a prompt': (name) => ['/api/prompts/get', { name: name('murmur') }],
  'a resource': (name) => ['/api/resources/read', { uri: `${name('secret')}:1` }],
  'a switch': (name) => [`/api/servers/${name('secret')}/disable`, {}],
  'why it is so': (name) => [`/api/why?principal=viewer&tool=${name('conceal')}`],
  'its endpoint': (name) => [`/servers/${name('secret')}/mcp`, {}],
}

describe.each(Object.entries(rest))('over HTTP, %s', (_, request) => {
  verifies(
    ['access:hidden:everywhere', 'security:hidden'],
    'is answered as if it did not exist',
    async () => {
      const [hidden, missing] = await bothWays((name) => {
        const [path, body] = request(name)
        return body === undefined
          ? ask(gateway, viewer, path)
          : ask(gateway, viewer, path, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify(body),
            })
      })

      expect(hidden).toEqual(missing)
      expect(hidden.status).toBeGreaterThanOrEqual(400)
    },
  )
})

const pages = [
  '/api/status',
  '/api/servers',
  '/api/servers/status',
  '/mcp/servers/status',
  '/api/tools',
  '/api/tools?format=openai',
  '/api/tools?format=anthropic',
  '/api/tools?format=gemini',
  '/api/prompts',
  '/api/resources',
  '/api/resources/templates',
  '/api/profiles',
  '/api/agents',
  '/tools/openapi.json',
  '/metrics',
  '/readyz',
  '/openapi.json',
]

verifies(
  ['access:hidden:everywhere', 'security:hidden'],
  'no page names what its reader may not see',
  async () => {
    for (const page of pages) {
      const { status, text } = await ask(gateway, viewer, page)
      expect({ page, status }).toEqual({ page, status: 200 })
      expect({
        page,
        leaks: /conceal|covert|murmur|"secret|secret__|private/.exec(text)?.[0],
      }).toEqual({
        page,
        leaks: undefined,
      })
    }
    const seen = await ask(gateway, admin, '/api/servers/status')
    expect(seen.text).toContain('secret')
  },
)

verifies(
  ['access:hidden:everywhere', 'security:hidden'],
  'how many servers there are is for those who see them',
  async () => {
    const told = await Promise.all(
      [undefined, viewer, admin].map((key) => ask(gateway, key, '/readyz')),
    )

    const servers = told.map((one) => readAs(z.object({ servers: z.unknown() }), one).servers)
    expect(servers).toEqual([{}, { ready: 2 }, { ready: 3 }])
  },
)

verifies(
  ['access:hidden:everywhere', 'security:hidden'],
  'the counts of a server are of what is shown',
  async () => {
    const told = await Promise.all(
      [viewer, admin].map((key) => ask(gateway, key, '/api/servers/shown')),
    )

    const counts = told.map((one) => readAs(z.object({ tools: z.number() }), one).tools)
    expect(counts).toEqual([1, 2])
  },
)

verifies(
  ['access:hidden:everywhere', 'security:hidden'],
  'nobody hears of changes of what they may not see',
  async () => {
    await using seen = await openStream(gateway, admin)
    await using blind = await openStream(gateway, viewer)

    secretTools.push(tool('latest'))
    started.servers.secret.announce('notifications/tools/list_changed')
    await expect.poll(seen.heard, { timeout: 10_000 }).toContain('list_changed')
    expect(blind.heard()).not.toContain('list_changed')
    shownTools.push(tool('latest'))
    started.servers.shown.announce('notifications/tools/list_changed')

    await expect.poll(blind.heard, { timeout: 10_000 }).toContain('list_changed')
  },
)

test('the names of the pairs are as long as each other', () => {
  for (const [hidden, missing] of Object.entries(pairs)) {
    expect(isName(hidden)).toBe(true)
    expect(missing).toHaveLength(hidden.length)
  }
})
