import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, describe, expect } from 'vitest'

import { startFakeProvider } from '../../fixtures/provider/provider.ts'
import type { FakeProvider } from '../../fixtures/provider/provider.ts'
import { exampleServer } from '../../door/gateways.ts'
import { bareEnvironment } from '../../kit/bare-environment.ts'
import { startGateway } from '../../kit/gateway.ts'
import type { RunningGateway } from '../../kit/gateway.ts'
import { processesWith } from '../../kit/process-tree.ts'
import { createTempFolder } from '../../kit/temp-folder.ts'
import { verifies } from '../../requirements/verifies.ts'
import { isHere, linkProgram } from './installed.ts'
import { codex, gemini, opencode } from './settings.ts'

const cases = [
  { setting: codex, modelId: 'fake-tool' },
  { setting: gemini, modelId: 'fake-slow' },
  { setting: opencode, modelId: 'fake/fake-long' },
]
const undo = new AsyncDisposableStack()
let provider: FakeProvider
let gateway: RunningGateway

beforeAll(async () => {
  const { path: folder } = undo.use(await createTempFolder())
  provider = undo.use(await startFakeProvider())
  const all = cases.map(({ setting }) => setting(provider.url))
  const bin = join(folder, 'bin')
  for (const { name } of all) await linkProgram(name, bin)
  const programs = Object.fromEntries(all.map(({ name, program = {} }) => [name, program]))
  const path = `${bin}:${bareEnvironment(folder)['PATH']}`
  gateway = undo.use(
    await startGateway(
      { llm: { tools: true, programs }, servers: { demo: exampleServer } },
      { env: { ...Object.assign({}, ...all.map(({ env }) => env)), PATH: path } },
    ),
  )
  for (const { files = {} } of all) {
    for (const [name, text] of Object.entries(files)) {
      const file = join(gateway.folder, 'home', name)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
    }
  }
})
afterAll(() => undo.disposeAsync())

describe.concurrent('a program with the tools of its gateway', () => {
  for (const { setting, modelId } of cases) {
    const { name } = setting('http://127.0.0.1:9')
    describe.skipIf(!isHere(name))(name, () => {
      verifies(
        'llm:tools:real',
        'calls a tool of another server, under the name of its run',
        () => prove(name, modelId),
        120_000,
      )
    })
  }
})

async function prove(name: string, modelId: string): Promise<void> {
  const model = modelId.replace(/^.*\//, '')
  const message = `said by ${name}`
  let commands = ''
  const look = async () => {
    commands = JSON.stringify(processesWith(gateway.folder))
  }
  provider.script(
    model,
    { calls: [{ name: 'echo', arguments: { message } }] },
    { text: 'It is done.', beforePiece: look },
  )

  const response = await fetch(`http://127.0.0.1:${gateway.port}/api/tools/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      server_name: 'llm',
      tool_name: 'execute_llm',
      arguments: { model: name, model_id: modelId, prompt: 'use it', tools: true, timeout: 100 },
    }),
  })
  const { structured_content: result } = Object(await response.json())

  expect(result).toMatchObject({ success: true, output: expect.stringContaining('It is done.') })
  const offered = provider.requests(model)[0]?.tools.map((tool) => tool.name) ?? []
  expect(offered.filter((tool) => /(?:add|clock|echo)$/.test(tool))).toHaveLength(3)
  expect(offered.filter((tool) => tool.includes('llm'))).toEqual([])
  expect(provider.requests(model).at(-1)?.text).toContain(message)
  const calls = await fetch(`http://127.0.0.1:${gateway.port}/api/calls?tool=echo`)
  const principal = `run:${result.run_id} of local`
  expect(Object(await calls.json()).calls).toContainEqual(
    expect.objectContaining({ principal, server: 'demo', outcome: 'result' }),
  )
  expect(commands).not.toMatch(/gk_[0-9a-f]{12}/)
  expect(await filesWithKeys(gateway.folder)).toEqual([])
}

/** Where a program has written down a key of a run that is over. */
async function filesWithKeys(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('/work/'))
    .map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(files.map((file) => readFile(file, 'latin1').catch(() => '')))
  return files.filter((_, index) => /gk_[0-9a-f]{12}_[\w-]{43}/.test(texts[index] ?? ''))
}
