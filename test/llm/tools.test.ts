import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect } from 'vitest'

import { isRecord } from '../../src/kit/is-record.ts'
import type { LlmProgramConfig } from '../../src/contract/llm.ts'
import { askMcp, openSession, askLegacy } from '../access/people.ts'
import { exampleServer } from '../door/gateways.ts'
import { verifies } from '../requirements/verifies.ts'
import { getJson, openInside } from './inside-bed.ts'
import type { InsideBed } from './inside-bed.ts'

/** Is told of its tools by an argument, a variable and a file. */
const takesTools: LlmProgramConfig = {
  command: ['{tools_args}'],
  tools: {
    args: ['--tools', '{tools_url}', '--file', '{tools_file}'],
    env: { RUN_KEY: '{tools_key}' },
    file: '{"url":"{tools_url}","key":"{tools_key}"}',
  },
}

let bed: InsideBed
let alice = ''
let operator = ''

beforeAll(async () => {
  const waits = { scripts: [{ waitsFor: 'go', stdout: 'done' }], entry: takesTools }
  bed = await openInside({
    fakes: {
      first: waits,
      second: waits,
      third: waits,
      fourth: waits,
      fifth: waits,
      plain: { scripts: [{ stdout: 'done' }] },
    },
    llm: { tools: true },
    servers: { other: exampleServer, secret: exampleServer },
    access: {
      keys: 'required',
      rules: [{ effect: 'deny', principals: ['alice'], servers: ['secret'] }],
    },
    more: { profiles: { some: { servers: ['other', 'secret'] } } },
  })
  alice = await bed.keyFor('alice', ['read', 'call'])
  operator = await bed.keyFor('operator', ['read', 'call', 'config', 'audit'])
})
afterAll(() => bed[Symbol.asyncDispose]())

interface Started {
  readonly key: string
  readonly argv: readonly string[]
  /** Settles with its result once it may end. */
  readonly end: () => Promise<Readonly<Record<string, unknown>>>
}

async function start(
  fake: string,
  tools: unknown,
  key = alice,
  more: object = {},
): Promise<Started> {
  const before = bed.records(fake).length
  const args = { model: fake, prompt: 'x', tools, ...more }
  const called = bed.call(key, 'execute_llm', { args })
  await expect.poll(() => bed.records(fake).length).toBe(before + 1)
  const record = bed.records(fake).at(-1)
  const runKey = record?.env['RUN_KEY'] ?? ''
  return {
    key: runKey,
    argv: record?.argv ?? [],
    async end() {
      await bed.let(fake, 'go')
      return (await called).value
    },
  }
}

async function toolsWith(key: string): Promise<readonly string[]> {
  const { status, text } = await askMcp(bed.gateway, key, 'tools/list')
  if (status !== 200) return [String(status)]
  const said: unknown = JSON.parse(text)
  const result = isRecord(said) && isRecord(said['result']) ? said['result'] : {}
  const tools = Array.isArray(result['tools']) ? result['tools'] : []
  return tools.map((tool: unknown) => String(Object(tool).name)).toSorted()
}

const callEcho = (key: string, name: string) =>
  askMcp(bed.gateway, key, 'tools/call', { params: { name, arguments: { message: 'hi' } } })

verifies(
  ['llm:tools:key', 'llm:tools:narrowed'],
  'a run with tools calls what its caller may call, under a name of its own, until it is over',
  async () => {
    const run = await start('first', true)
    const session = await openSession(bed.gateway, run.key)
    const listed = await toolsWith(run.key)
    const echoed = await callEcho(run.key, 'demo__echo')
    const hidden = await callEcho(run.key, 'secret__echo')
    const configured = await getJson(bed.gateway, run.key, { path: '/api/config' })
    const keys = await getJson(bed.gateway, run.key, { path: '/api/keys' })
    const result = await run.end()

    expect(result).toMatchObject({ success: true, output: 'done' })
    expect(listed).toEqual(
      ['demo', 'other'].flatMap((server) =>
        ['add', 'clock', 'echo'].map((tool) => `${server}__${tool}`),
      ),
    )
    expect(echoed.text).toContain('hi')
    expect(hidden.text).toContain('No tool')
    expect([configured.status, keys.status]).not.toContain(200)
    const { body } = await getJson(bed.gateway, operator, { path: '/api/calls?tool=echo' })
    const principal = `run:${String(result['run_id'])} of alice`
    expect(body).toMatchObject({
      calls: expect.arrayContaining([
        expect.objectContaining({ principal, server: 'demo', outcome: 'result' }),
      ]),
    })

    expect(await toolsWith(run.key)).toEqual(['401'])
    const late = await askLegacy(bed.gateway, run.key, { method: 'tools/list', session })
    expect(late.status).toBe(401)
    expect(run.argv.join(' ')).not.toContain(run.key)
    expect(run.argv).toContain(`http://127.0.0.1:${bed.gateway.port}/mcp`)
    expect(await filesWith(run.key.slice(16), join(bed.gateway.folder, 'state'))).toEqual([])
    expect(bed.gateway.stderr() + bed.gateway.stdout()).not.toContain(run.key.slice(16))
  },
)

verifies(
  'llm:tools:narrowed',
  'a caller gives some servers or a profile, and never more than they may call themselves',
  async () => {
    const some = await start('second', { servers: ['other'] })
    expect(await toolsWith(some.key)).toEqual(['add', 'clock', 'echo'])
    await some.end()
    const profiled = await start('third', { profile: 'some' })
    expect(await toolsWith(profiled.key)).toEqual(['add', 'clock', 'echo'])
    await profiled.end()
    for (const tools of [{ servers: ['secret'] }, { servers: ['nix'] }, { profile: 'nix' }]) {
      const args = { model: 'plain', prompt: 'x', tools }
      const refused = await bed.call(alice, 'execute_llm', { args })
      expect(refused).toMatchObject({ isError: true })
      expect(refused.text).toMatch(/^There is no (?:server|profile)/)
    }
    const args = { model: 'plain', prompt: 'x', tools: true }
    expect((await bed.call(alice, 'execute_llm', { args })).value).toMatchObject({
      error_class: 'invalid',
      error: expect.stringContaining('cannot be given tools'),
    })
  },
)

verifies(
  'llm:tools:narrowed',
  'a run starts runs only where that was asked for, and there is an end to it',
  async () => {
    const outer = await start('fourth', { servers: ['llm'] })
    expect(await toolsWith(outer.key)).toContain('execute_llm')
    const detached = await bed.call(outer.key, 'execute_llm', {
      args: { model: 'plain', prompt: 'x', detach: true },
    })
    const plain = await bed.call(outer.key, 'execute_llm', {
      args: { model: 'plain', prompt: 'x' },
    })
    const inner = await start('fifth', { servers: ['llm'] }, outer.key)
    const deepest = await bed.call(inner.key, 'execute_llm', {
      args: { model: 'fourth', prompt: 'x', tools: true },
    })
    const list = await getJson(bed.gateway, alice, { path: '/api/llm/runs' })

    expect(detached).toMatchObject({ isError: true })
    expect(plain.value).toMatchObject({ success: true })
    expect(deepest.text).toContain('A run within a run')
    expect(JSON.stringify(list.body)).toMatch(
      /"run:[0-9a-z-]+ of run:[0-9a-z-]+ of alice"|"run:[0-9a-z-]+ of alice"/,
    )
    await inner.end()
    await outer.end()
    expect(await toolsWith(inner.key)).toEqual(['401'])
  },
)

verifies(
  'llm:tools:switch',
  'where the operator does not want it no program gets tools',
  async () => {
    await using closed = await openInside({
      fakes: { says: { scripts: [{ stdout: 'x' }], entry: takesTools } },
    })
    const args = { model: 'says', prompt: 'x', tools: true }

    const refused = await closed.call(undefined, 'execute_llm', { args })
    const plain = await closed.call(undefined, 'execute_llm', { args: { ...args, tools: false } })

    expect(refused).toMatchObject({ isError: true })
    expect(refused.text).toContain('`llm.tools`')
    expect(plain.value).toMatchObject({ success: true })
    expect(closed.records('says').map(({ argv, env }) => [argv, env['RUN_KEY']])).toEqual([
      [[], undefined],
    ])
  },
)

/** The files below a folder that hold a text. */
async function filesWith(text: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const contents = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
  return files.filter((_, index) => contents[index]?.includes(text))
}
