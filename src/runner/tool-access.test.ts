import { expect, test } from 'vitest'

import { verifies } from '../../test/requirements/verifies.ts'
import { problemsOf } from './check-template.ts'
import { builtins } from './programs/builtins.ts'
import { resolvePrograms } from './resolve-programs.ts'
import { placeTools } from './tool-access.ts'

const access = { url: 'http://127.0.0.1:7420/mcp', key: 'the-key' }

function folder() {
  const written = new Map<string, string>()
  const write = async (name: string, text: string) => {
    written.set(name, text)
    return `/run/${name}`
  }
  return { written, write, writeInside: (path: string, text: string) => write(`in/${path}`, text) }
}

test('what tells a program of its tools is filled in, in arguments, variables and a file', async () => {
  const place = folder()
  const tools = {
    args: ['--mcp={tools_url}', '{tools_file}'],
    env: { KEY: '{tools_key}', FILE: '{tools_file}' },
    file: '{"{tools_url}":"{tools_key}"}',
  }

  const inRun = await placeTools({ tools }, access, place)
  const inside = await placeTools({ tools: { ...tools, fileAt: '.x/y.json' } }, access, place)

  expect(inRun).toEqual({
    args: [`--mcp=${access.url}`, '/run/tools'],
    env: { KEY: 'the-key', FILE: '/run/tools' },
  })
  expect(inside.args).toContain('/run/in/.x/y.json')
  expect([...place.written.values()]).toEqual([
    `{"${access.url}":"the-key"}`,
    `{"${access.url}":"the-key"}`,
  ])
})

verifies('llm:tools:key', 'no program is told its key by an argument', async () => {
  const { programs } = resolvePrograms({})
  const able = [...programs.values()].filter(({ tools }) => tools !== undefined)
  const args = await Promise.all(able.map((one) => placeTools(one, access, folder())))
  const codex = programs.get('codex')

  expect(able.map(({ name }) => name)).toEqual(['claude', 'codex', 'gemini', 'opencode'])
  expect(JSON.stringify(args.map((one) => one.args))).not.toContain('the-key')
  expect(codex && problemsOf(codex)).toEqual([])
  const leaky = { ...builtins['codex'], tools: { args: ['--key={tools_key}'], env: {} } }
  expect(resolvePrograms({ codex: leaky }).problems).toEqual([
    expect.stringContaining('tools.args holds "{tools_key}"'),
  ])
})
