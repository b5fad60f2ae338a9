import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import * as z from 'zod'
import { listProfiles } from '../../src/contract/rest/access.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask, askLegacy, askMcp, newKey, openSession, readAs, untilStatus } from './people.ts'

const files: Script = {
  era: 'modern',
  tools: [
    tool('read_file', ',"annotations":{"readOnlyHint":true}'),
    tool('write_file'),
    tool('search', ',"annotations":{"readOnlyHint":true}'),
  ],
  resources: ['{"uri":"file:1","name":"one"}'],
  on: { 'tools/call': ({ answer }) => answer(textResult('files')) },
}
const docs: Script = {
  era: 'legacy',
  tools: [tool('search', ',"annotations":{"readOnlyHint":true}')],
  prompts: ['{"name":"summarise"}'],
  on: { 'tools/call': ({ answer }) => answer('{"content":[{"type":"text","text":"docs"}]}') },
}

let started: ScriptedGateway<'files' | 'docs'>
let gateway: RunningGateway
let narrow: string
let confined: string

beforeAll(async () => {
  started = await startScripted(
    'http',
    { files, docs },
    {
      config: {
        profiles: {
          reading: { servers: ['files'], tools: ['read_*', 'search'] },
          tools: { tools: ['docs/*'] },
          safe: { readOnly: true },
          prefixed: { naming: 'prefix' },
          empty: { servers: [] },
        },
      },
      entry: { trustAnnotations: true },
    },
  )
  gateway = started.gateway
  narrow = (await newKey(gateway, { name: 'narrow', scopes: ['read:docs', 'call:docs'] })).key
  confined = (await newKey(gateway, { name: 'confined', profile: 'reading' })).key
  await untilStatus(gateway, confined, 200)
  await askMcp(gateway, undefined, 'tools/list')
})
afterAll(() => started[Symbol.asyncDispose]())

const Tools = z.object({ result: z.object({ tools: z.array(z.unknown()) }) })
const namesIn = (text: string) => [...text.matchAll(/"name":"([^"]+)"/g)].map(([, name]) => name)

async function toolsAt(path: string, key?: string): Promise<readonly (string | undefined)[][]> {
  const session = await openSession(gateway, key, path)
  const [modern, legacy] = await Promise.all([
    askMcp(gateway, key, 'tools/list', { path }),
    askLegacy(gateway, key, { method: 'tools/list', path, session }),
  ])
  return [modern, legacy].map((told) => namesIn(JSON.stringify(readAs(Tools, told).result.tools)))
}

async function call(path: string, name: string): Promise<string> {
  return (await askMcp(gateway, undefined, 'tools/call', { path, params: { name } })).text
}

async function has(path: string, method: string): Promise<boolean> {
  const { text } = await askMcp(gateway, undefined, method, { path })
  return /"uri":|"summarise"/.test(text)
}

const views: readonly (readonly [string, readonly string[]])[] = [
  ['/profiles/reading/mcp', ['read_file', 'search']],
  ['/profiles/tools/mcp', ['search']],
  ['/profiles/safe/mcp', ['read_file', 'files__search', 'docs__search']],
  [
    '/profiles/prefixed/mcp',
    ['files__read_file', 'files__write_file', 'files__search', 'docs__search'],
  ],
  ['/profiles/empty/mcp', []],
]

verifies('access:profiles:views', 'each profile shows its part, in both eras', async () => {
  for (const [path, names] of views) {
    for (const listed of await toolsAt(path))
      expect({ path, listed }).toEqual({ path, listed: names })
  }
})

verifies(
  'access:profiles:views',
  'a tool is called by the name it has there, and no other',
  async () => {
    expect(await call('/profiles/reading/mcp', 'search')).toContain('"files"')
    expect(await call('/profiles/tools/mcp', 'search')).toContain('"docs"')
    expect(await call('/profiles/reading/mcp', 'write_file')).toContain('tool_unknown')
    expect(await call('/profiles/reading/mcp', 'docs__search')).toContain('tool_unknown')
    expect(await call('/mcp', 'search')).toContain('tool_unknown')
  },
)

verifies(
  'access:profiles:views',
  'prompts and resources are those of the chosen servers',
  async () => {
    expect(await has('/profiles/reading/mcp', 'resources/list')).toBe(true)
    expect(await has('/profiles/reading/mcp', 'prompts/list')).toBe(false)
    expect(await has('/profiles/tools/mcp', 'prompts/list')).toBe(false)
    expect(await has('/profiles/safe/mcp', 'prompts/list')).toBe(true)
  },
)

verifies('access:profiles:views', 'nobody sees more in a profile than they may see', async () => {
  expect(await toolsAt('/profiles/safe/mcp', narrow)).toEqual([['search'], ['search']])
  const { status } = await ask(gateway, narrow, '/profiles/reading/mcp', { method: 'POST' })
  expect(status).toBe(404)
  const { profiles } = readAs(listProfiles.reply, await ask(gateway, narrow, '/api/profiles'))
  expect(profiles).toMatchObject([
    { name: 'tools', servers: ['docs'], tools: 1 },
    { name: 'safe', servers: ['docs'], tools: 1 },
    { name: 'prefixed', servers: ['docs'], tools: 1 },
  ])
})

verifies('access:profiles:views', 'a key for a profile sees that profile everywhere', async () => {
  for (const path of ['/mcp', '/profiles/reading/mcp', '/servers/files/mcp'])
    for (const listed of await toolsAt(path, confined))
      expect(listed).toEqual(['read_file', 'search'])
  expect((await ask(gateway, confined, '/servers/docs/mcp', { method: 'POST' })).status).toBe(404)
  expect((await ask(gateway, confined, '/api/servers')).text).not.toContain('"docs"')
})

verifies(
  'access:profiles:views',
  'a changed profile is shown at once, also in a session',
  async () => {
    const path = '/profiles/reading/mcp'
    const session = await openSession(gateway, undefined, path)
    const file = join(gateway.folder, 'gantry.json')
    const text = await readFile(file, 'utf8')
    const profiles = { reading: { servers: ['docs'] } }
    await writeFile(file, JSON.stringify({ ...JSON.parse(text), profiles }))
    await ask(gateway, undefined, '/api/config/reload', { method: 'POST' })

    const listed = await askLegacy(gateway, undefined, { method: 'tools/list', path, session })

    expect(namesIn(listed.text)).toEqual(['search'])
    const called = await askLegacy(gateway, undefined, {
      method: 'tools/call',
      params: { name: 'search', arguments: {} },
      path,
      session,
      id: 2,
    })
    expect(called.text).toContain('"docs"')
  },
)
