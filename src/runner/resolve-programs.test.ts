import { expect, test } from 'vitest'

import { verifies } from '../../test/requirements/verifies.ts'
import { readConfig } from '../contract/config/read.ts'
import type { LlmProgramConfig } from '../contract/llm.ts'
import { commandLine } from './command-line.ts'
import type { Filling } from './command-line.ts'
import { resolvePrograms } from './resolve-programs.ts'

const asked: Filling = { prompt: 'the prompt', isJson: false, permission: 'safe' }

function programOf(name: string, configured: Readonly<Record<string, LlmProgramConfig>> = {}) {
  const { programs, problems } = resolvePrograms(configured)
  const program = programs.get(name)
  if (!program) throw new Error(`no ${name}: ${problems.join(' ')}`)
  return program
}

const wordsOf = (name: string, filling: Partial<Filling> = {}) =>
  commandLine(programOf(name), { ...asked, ...filling }).join(' ')

test('the built-in programs are whole, and each is started without a prompt among its arguments', () => {
  const { programs, problems } = resolvePrograms({})

  expect(problems).toEqual([])
  expect(Object.fromEntries([...programs.keys()].map((name) => [name, wordsOf(name)]))).toEqual({
    claude:
      'claude -p --output-format stream-json --verbose --include-partial-messages --permission-mode dontAsk --permission-prompts none --disable-slash-commands --restricted --tools  --strict-mcp-config --setting-sources user',
    codex: 'codex exec --json --skip-git-repo-check -s read-only -',
    gemini: 'gemini -o stream-json --approval-mode default',
    opencode: 'opencode run --format json --title gantry',
    qwen: 'qwen -o stream-json --include-partial-messages --bare --approval-mode plan',
    copilot:
      'copilot --output-format json --disable-builtin-mcps --no-color --available-tools none',
    openai: 'openai api chat.completions.create --stream -m gpt-4 -g user the prompt',
    'gpt4-cli': 'openai api chat.completions.create --stream -m gpt-4 -g user the prompt',
    ollama: 'ollama run',
  })
})

test('models, sessions, schemas and rights have their places', () => {
  const schema = { text: '{"type":"object"}', file: '/run/schema.json' }
  const filling = { model: 'm-1', session: 's-1', schema, permission: 'edit' } as const

  expect(wordsOf('codex', filling)).toBe(
    'codex exec --json --skip-git-repo-check -s workspace-write -m m-1 --output-schema /run/schema.json resume s-1 -',
  )
  expect(wordsOf('claude', filling)).toContain(
    '--permission-mode acceptEdits --model m-1 --json-schema {"type":"object"} --resume s-1',
  )
  expect(wordsOf('ollama', { model: 'llama3' })).toBe('ollama run llama3')
  expect(programOf('opencode').permissions.safe.env).toEqual({
    OPENCODE_PERMISSION: '{"*":"deny"}',
  })
})

verifies(
  'llm:config:programs',
  'an entry under the name of a built-in program changes only what it says',
  () => {
    const changed = programOf('codex', { codex: { model: 'small', maxRetries: 0 } })

    expect(changed).toEqual({ ...programOf('codex'), model: 'small', maxRetries: 0 })
  },
)

verifies('llm:config:programs', 'a program can be like a built-in one under another name', () => {
  const other = programOf('work', { work: { like: 'claude', env: { CLAUDE_CONFIG_DIR: '/w' } } })

  expect(other).toEqual({ ...programOf('claude'), name: 'work', env: { CLAUDE_CONFIG_DIR: '/w' } })
})

verifies('llm:config:programs', 'a program that is switched off is not there', () => {
  expect(resolvePrograms({ codex: { enabled: false } }).programs.has('codex')).toBe(false)
})

verifies(
  'llm:config:programs',
  'what is wrong with a program is told, and the others are there',
  () => {
    const command = ['x']
    const { programs, problems } = resolvePrograms({
      good: { command },
      empty: {},
      claud: { like: 'claud' },
      placed: { command, streamArgs: ['--json'] },
      glued: { command: ['x', '{model_args}'], modelArgs: ['--model={model}'] },
      argv: { command, promptVia: 'argv' },
      stdin: { command: ['x', '{prompt}'] },
      first: { command: ['{prompt}'], promptVia: 'argv' },
    })

    expect(problems).toEqual([
      'llm.programs.empty has no command: write the program and its arguments as a list',
      'llm.programs.claud.like is "claud", which is no built-in program: did you mean "claude"?',
      'llm.programs.placed: streamArgs has no place: put "{stream_args}" into command where they belong',
      'llm.programs.glued: modelArgs needs "{model}" as an element of its own',
      'llm.programs.argv: promptVia is "argv": put "{prompt}" into command, once',
      'llm.programs.stdin: command holds "{prompt}", but the prompt goes to its input: take it out, or set promptVia to "argv"',
      'llm.programs.first: command begins with a placeholder: begin it with the program',
    ])
    expect(programs.has('good')).toBe(true)
    expect(programs.has('codex')).toBe(true)
  },
)

const read = (llm: unknown) => readConfig({ llm }, { env: { KEY: 'k' }, readFile: () => '' })

verifies(
  'llm:config:programs',
  'the configuration file holds programs, and a wrong key is told by its place',
  () => {
    const good = read({ programs: { mine: { command: ['x'], env: { A: '${env:KEY}' } } } })
    const bad = read({ programs: { mine: { command: 'x', streamArg: [] } }, permission: 'all' })

    expect(good.config?.llm.programs['mine']).toEqual({ command: ['x'], env: { A: 'k' } })
    expect(good.config?.llm.permission).toBe('safe')
    const said = bad.problems.map(({ problem }) => problem).join('\n')
    expect(said).toContain('llm.programs.mine.command')
    expect(said).toContain('did you mean "streamArgs"')
    expect(said).toContain('write "safe" or "edit"')
  },
)
