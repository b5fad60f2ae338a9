import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { isSteering } from '../../src/surfaces/rest/steering-variables.ts'
import { ask, everyScope, newKey, untilStatus } from '../access/people.ts'
import { exampleServer } from '../door/gateways.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { descendantsOf } from '../kit/process-tree.ts'
import type { RawServer } from '../kit/raw-server.ts'
import { startRawServer } from '../kit/raw-server.ts'
import { verifies } from '../requirements/verifies.ts'

/** Every secret of this test begins with this, and stands in no other text. */
const canary = 'canary9b2e'

/** What may stand around a gateway and is none of its programs' business. */
const around = {
  GATEWAY_CANARY: canary,
  JWT_SECRET: canary,
  GANTRY_KEY: canary,
  GIT_SSH_COMMAND: `/${canary}`,
  GIT_CONFIG_GLOBAL: `/${canary}`,
  npm_config_registry: `http://${canary}.example`,
  HTTPS_PROXY: `http://${canary}.example`,
  PYTHONPATH: `/${canary}`,
  PYTHONSTARTUP: `/${canary}`,
  PERL5OPT: `-I/${canary}`,
  RUBYOPT: `-I/${canary}`,
  BASH_ENV: `/${canary}`,
  SSLKEYLOGFILE: `/dev/null/${canary}`,
  LD_LIBRARY_PATH: `/${canary}`,
  DYLD_LIBRARY_PATH: `/${canary}`,
  NODE_PATH: `/${canary}`,
  BASH_FUNC_ls: `() { echo ${canary}; }`,
  TERM: `() { echo ${canary}; }`,
}

let thief: RawServer
let gateway: RunningGateway
let boss: string
beforeAll(async () => {
  thief = await startRawServer(({ socket }) => {
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
  })
  const declared = { NODE_OPTIONS: '--no-warnings', LD_PRELOAD: '', MODE: '${PLAIN}' }
  gateway = await startGateway(
    {
      servers: {
        plain: exampleServer,
        told: { ...exampleServer, env: declared },
        service: {
          openapi: 'http://127.0.0.1:9/openapi.json',
          auth: { type: 'bearer', token: '${env:GATEWAY_CANARY}' },
        },
        keyed: {
          url: 'http://127.0.0.1:9/mcp',
          headers: { Authorization: 'Bearer ${env:GATEWAY_CANARY}' },
        },
      },
    },
    { env: { ...around, PLAIN: 'plain' } },
  )
  boss = (await newKey(gateway, { name: 'boss', scopes: everyScope })).key
  await untilStatus(gateway, boss, 200)
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await thief[Symbol.asyncDispose]()
})

const variablesOf = async (pid: number) =>
  (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter((one) => one !== '')

verifies(
  'security:V04',
  'V04: of what stands around the gateway a program gets only what was declared for it',
  async () => {
    const own = await variablesOf(gateway.pid)
    expect(own.filter((one) => one.includes(canary)).length).toBe(Object.keys(around).length)

    const programs = descendantsOf(gateway.pid)
    const all = await Promise.all(programs.map(({ pid }) => variablesOf(pid)))
    expect(programs.length).toBeGreaterThanOrEqual(2)
    expect(all.flat().filter((one) => one.includes(canary))).toEqual([])
    const names = new Set(all.flat().map((one) => one.slice(0, one.indexOf('='))))
    for (const name of Object.keys(around)) if (name !== 'TERM') expect(names).not.toContain(name)
    // What the operator's own file says is another matter.
    expect(all.flat()).toContain('NODE_OPTIONS=--no-warnings')
    expect(all.flat()).toContain('MODE=plain')
  },
)

const steering = [
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'ld_audit',
  'DYLD_INSERT_LIBRARIES',
  'NODE_OPTIONS',
  'NODE_PATH',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'PYTHONHOME',
  'PERL5OPT',
  'RUBYOPT',
  'BASH_ENV',
  'ENV',
  'IFS',
  'GIT_SSH_COMMAND',
  'GIT_EXEC_PATH',
  'GIT_CONFIG_COUNT',
  'npm_config_registry',
  'SSLKEYLOGFILE',
  'JAVA_TOOL_OPTIONS',
]

/** Definitions that would bring out what is on this machine. */
function luring(): readonly Readonly<Record<string, unknown>>[] {
  const { port } = thief
  const url = `http://127.0.0.1:${port}/mcp`
  return [
    { url: `${url}?k=\${JWT_SECRET}` },
    { url: `${url}?k=\${env:JWT_SECRET}` },
    { url: `${url}?k=\${MISSING:-x}` },
    { url: `http://\${JWT_SECRET}.127.0.0.1:${port}/mcp` },
    { url, headers: { 'X-A': '${JWT_SECRET}' } },
    { url, headers: { 'X-A': '$${JWT_SECRET}' } },
    { url, headers: [{ key: 'X-A', value: '${file:/etc/hostname}' }] },
    { url, tools: { '${JWT_SECRET}': {} } },
    { ...exampleServer, args: ['${JWT_SECRET}'] },
    { ...exampleServer, env: { A: '${JWT_SECRET}' } },
    { command: '${JWT_SECRET}' },
    { ...exampleServer, env: { A: '() { :; }; x' } },
    ...steering.map((name) => ({ ...exampleServer, env: { MODE: 'x', [name]: '/tmp/x.so' } })),
  ]
}

describe.each(['/api', '/mcp'])('at %s', (prefix) => {
  verifies(
    'security:V04',
    'V04: over an address no reference is looked up and no variable taken that steers programs, also from who may define some',
    async () => {
      const file = join(gateway.folder, 'gantry.json')
      const before = await readFile(file, 'utf8')
      for (const body of luring()) {
        for (const [method, path, name] of [
          ['POST', `${prefix}/servers`, 'lure'],
          ['PATCH', `${prefix}/servers/plain`, undefined],
        ] as const) {
          const { status, text } = await send(method, path, { ...body, ...(name && { name }) })
          expect({ body, method, status }).toEqual({ body, method, status: 422 })
          expect(text).toContain('operator_only')
          expect(text).not.toContain(canary)
        }
      }
      expect(await readFile(file, 'utf8')).toBe(before)
      expect(thief.connections()).toBe(0)
    },
  )

  verifies(
    'security:V04',
    'V04: what was declared for one address is not sent to another that somebody names',
    async () => {
      const url = `http://127.0.0.1:${thief.port}/mcp`
      for (const [server, key] of [
        ['keyed', 'url'],
        ['keyed', 'serverUrl'],
        ['keyed', 'httpUrl'],
        ['service', 'openapi'],
        ['service', 'baseUrl'],
      ] as const) {
        const { status, text } = await send('PATCH', `${prefix}/servers/${server}`, { [key]: url })
        expect({ key, status }).toEqual({ key, status: 400 })
        expect(text).toContain('to another address')
        expect(text).not.toContain(canary)
      }
      expect(thief.connections()).toBe(0)
    },
  )
})

verifies(
  'security:V04',
  'V04: whoever gives another address says anew what is sent there',
  async () => {
    const url = `http://127.0.0.1:${thief.port}/mcp`
    await send('PATCH', '/api/servers/keyed', { url, headers: { 'X-Mine': 'a' } })

    expect(thief.requests.join('\n')).toMatch(/^x-mine: a\r$/im)
    expect(thief.requests.join('\n')).not.toContain(canary)
  },
)

verifies('security:V04', 'V04: what a program is only told is no such variable', () => {
  for (const name of ['MODE', 'API_KEY', 'PATH', 'HTTPS_PROXY', 'ENVIRONMENT', 'OLD_PATH'])
    expect(isSteering(name, 'x')).toBe(false)
})

const send = (method: string, path: string, body: unknown) =>
  ask(gateway, boss, path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
