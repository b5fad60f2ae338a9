import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect } from 'vitest'

import { runGantry } from '../cli/run-gantry.ts'
import type { Ran } from '../cli/run-gantry.ts'
import { startHttpFixture } from '../kit/conformance-fixture.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import type { ChatBed } from './chat-bed.ts'
import { inTerminal, openChatBed } from './chat-bed.ts'

let bed: ChatBed

beforeAll(async () => {
  bed = await openChatBed()
})

afterAll(() => bed[Symbol.asyncDispose]())

function chat(
  args: readonly string[],
  more: { stdin?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const { env = {}, ...rest } = more
  return runGantry(['chat', ...args], { cwd: bed.home, env: { ...bed.env, ...env }, ...rest })
}

const format = { calls: [{ name: 'format_text', arguments: { text: 'hi' } }] }

verifies(
  ['chat:once', 'chat:allow'],
  'one answer as text and as JSON, a tool that was allowed, and standard input',
  async () => {
    bed.provider.script('fake-model', format, { text: ['It says ', '**HI**.'] })
    const told = await chat(['-p', 'shout', '--allow', 'formatter/form*', '--', ...bed.server])
    expect(told).toMatchObject({ code: 0, stdout: 'It says **HI**.\n' })

    bed.provider.script('fake-model', format, { text: 'Done.' })
    const { code, stdout } = await chat(['--json', '--allow', '*', '--', ...bed.server], {
      stdin: 'shout, please\n',
    })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      conversation: expect.stringMatching(/^[0-9a-f-]{36}$/),
      model: 'fake-model',
      reason: 'stop',
      answer: 'Done.',
      tools_called: [
        { server: 'formatter', tool: 'format_text', arguments: { text: 'hi' }, outcome: 'result' },
      ],
      messages: [{ role: 'assistant' }, { role: 'tool' }, { role: 'assistant', content: 'Done.' }],
      usage: { total_tokens: expect.any(Number) },
    })
    expect(bed.provider.requests().at(-2)?.body['messages']).toEqual([
      { role: 'user', content: 'shout, please' },
    ])
  },
  60_000,
)

verifies(
  ['chat:once', 'chat:allow'],
  'what needs consent is refused where nobody can be asked, and the exit code says what happened',
  async () => {
    bed.provider.script(
      'fake-model',
      { calls: [{ name: 'delete_all', arguments: { path: '/' } }] },
      { text: 'I may not.' },
    )
    const refused = await chat(['-p', 'delete it', '--allow', 'look', '--', ...bed.server])
    expect(refused).toMatchObject({ code: 4, stdout: 'I may not.\n' })
    expect(refused.stderr).toContain('formatter/delete_all was not run')
    expect(bed.provider.requests().at(-1)?.text).toContain('nobody can be asked here')
    expect(refused.stderr).toContain("--allow 'formatter/delete_all'")
    expect(existsSync(join(bed.folder, 'deleted'))).toBe(false)

    bed.provider.script('fake-model', { status: 401, message: 'no such key' })
    const failed = await chat(['-p', 'hi', '--', ...bed.server])
    expect(failed.code).toBe(1)
    expect(failed.stderr).toContain('no such key')

    const unreachable = await chat(['-p', 'hi', '--url', 'http://127.0.0.1:9'])
    expect(unreachable.code).toBe(3)
    expect((await chat(['--resume'], { stdin: '' })).code).toBe(2)
  },
  60_000,
)

verifies(
  'chat:no-model',
  'a missing key and a server that does not start are told',
  async () => {
    const nothing = { OPENAI_API_KEY: '', OPENAI_BASE_URL: '', OPENAI_MODEL: '' }
    const unset = await chat(['-p', 'hi'], { env: nothing })
    expect(unset.code).toBe(1)
    expect(unset.stderr).toContain('No model is set up to talk with')
    expect(unset.stderr).toMatch(/Set OPENAI_API_KEY.*`demo` needs nothing at all/)

    const demo = await chat(['-p', 'clock', '--model', 'demo', '--allow', 'clock'], {
      env: nothing,
    })
    expect(demo).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('This is what came back'),
    })

    const broken = await chat(['-p', 'hi', '--', process.execPath, '-e', 'process.exit(7)'])
    expect(broken.code).toBe(3)
    expect(broken.stderr).toMatch(/could not be reached: it (?:ended|exited)/)
  },
  60_000,
)

verifies(
  ['chat:connect', 'chat:questions'],
  'a gateway that runs is used, and a form of one of its servers is filled in',
  inTerminal(async () => {
    await using asks = await startHttpFixture('modern')
    await using gateway = await startGateway({ servers: { asks: { url: asks.url } } })
    const tool = 'test_input_required_result_elicitation'
    bed.provider.script(
      'fake-model',
      { calls: [{ name: tool, arguments: {} }] },
      { text: 'Well then.' },
    )
    const address = gateway.url.replace(/\/mcp$/, '')
    await using terminal = await bed.chat(['--url', address])
    await terminal.sees('Connected to gantry')

    await terminal.says('ask me')
    await terminal.says('y', /n no \[n\] >$/)
    await terminal.sees(`asks asks, for ${tool}: What is your name?`)
    await terminal.says('y', /answer it\? y or n \[n\] >$/)
    await terminal.says('Ada', /name >$/)
    await terminal.sees('Hello, Ada!')
    await terminal.sees('Well then.')
    await terminal.says('quit')
    expect(await terminal.exit()).toBe(0)
  }),
  60_000,
)
