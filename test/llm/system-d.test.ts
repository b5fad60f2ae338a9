import { expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { recordsIn } from './bed.ts'
import { openClient } from './client.ts'
import { claudeStreams } from './streams/claude.ts'
import { printed } from './streams/documented-stream.ts'

/** The names and calls of the system whose place `gantry llm` takes. */
const programs = {
  claude: { like: 'claude' },
  gemini: { like: 'gemini' },
  'gpt4-cli': {
    command: ['{stream_args}', '{json_args}', '-m', 'gpt-4', '-g', '{prompt}'],
    promptVia: 'argv',
    streamArgs: ['--stream'],
    jsonArgs: ['--response-format', 'json_object'],
    modelArgs: [],
    rateLimit: ['rate limit', '429', 'quota exceeded'],
    category: 'normal',
    maxRetries: 3,
  },
} as const

const answer = claudeStreams.find(({ name }) => name.startsWith('claude answers in pieces'))
const stdout = answer ? printed(answer) : ''
const fields = ['success', 'model', 'output', 'execution_time', 'session_id']
/** Cut at its spaces, as system D does it, this would be arguments. */
const prompt = '--mcp-config /tmp/x "a  b"\nc'

verifies('llm:mcp:tools', 'execute_llm is called as system D has it', async () => {
  await using gantry = await openClient({ scripts: [{ stdout }], programs })

  const { value, text } = await gantry.call('execute_llm', {
    model: 'claude',
    prompt,
    timeout: 60,
    json_mode: false,
  })

  const result = JSON.parse(text)
  expect(result).toEqual(value)
  expect(Object.keys(result)).toEqual(expect.arrayContaining(fields))
  expect(result).toMatchObject({ success: true, model: 'claude', output: 'Grüß dich' })
  expect(result.error).toBeUndefined()
  expect(gantry.prompts()).toEqual([prompt])
})

verifies(
  'llm:mcp:tools',
  'stream_llm gives the pieces as they come and the text at the end, as system D has it',
  async () => {
    await using gantry = await openClient({ scripts: [{ stdout }, { stdout: 'b c' }], programs })
    const heard: string[] = []

    const events = await gantry.call('stream_llm', { model: 'claude', prompt: 'x' }, heard)
    const asArgument = 'a  "b" {json_args}'
    const text = await gantry.call('stream_llm', { model: 'gpt4-cli', prompt: asArgument })

    expect(heard.join('')).toBe('Grüß dich')
    expect([events.text, text.text]).toEqual(['Grüß dich', 'b c'])
    const [, record] = recordsIn(gantry.folder)
    expect(record?.argv).toEqual(['--stream', '-m', 'gpt-4', '-g', asArgument])
  },
)

verifies('llm:mcp:tools', 'what fails says so in the fields of system D', async () => {
  await using gantry = await openClient({ scripts: [{ stderr: 'no luck', exit: 2 }], programs })

  const failed = await gantry.call('execute_llm', { model: 'gpt4-cli', prompt: 'x' })
  const unknown = await gantry.call('execute_llm', { model: 'gpt9', prompt: 'x' })

  for (const { text, value, isError } of [failed, unknown]) {
    expect(isError).toBe(true)
    expect(JSON.parse(text)).toEqual(value)
    expect(value).toMatchObject({ success: false, error: expect.any(String) })
  }
  expect(failed.value).toMatchObject({ model: 'gpt4-cli' })
  expect(failed.value['error']).toContain('no luck')
  expect(unknown.value['error']).toContain('gpt4-cli')
})

verifies('llm:mcp:tools', 'json_mode gives parsed_json, as system D names it', async () => {
  const fenced = 'Sure:\n```json\n{"a": {"b": [1]}}\n```\n'
  await using gantry = await openClient({ scripts: [{ stdout: fenced }], programs })

  const { value } = await gantry.call('execute_llm', {
    model: 'gpt4-cli',
    prompt: 'give JSON',
    json_mode: true,
  })

  expect(value).toMatchObject({ success: true, parsed_json: { a: { b: [1] } } })
  expect(recordsIn(gantry.folder)[0]?.argv).toContain('json_object')
})

verifies(
  'llm:mcp:tools',
  'what is no JSON becomes question and answer, as in system D',
  async () => {
    await using gantry = await openClient({ scripts: [{ stdout: 'I cannot {that' }], programs })

    const { value } = await gantry.call('execute_llm', {
      model: 'gpt4-cli',
      prompt: 'give JSON',
      json_mode: true,
    })

    expect(value['parsed_json']).toEqual({ question: 'give JSON', answer: 'I cannot {that' })
  },
)

verifies(
  'llm:run:retry',
  'a rate limit of a text program is waited out, as in system D',
  async () => {
    const limited = { stderr: 'Error: Rate limit reached for gpt-4\n', exit: 1 }
    const talk = { stdout: 'A 429 means "rate limit".' }
    await using gantry = await openClient({ scripts: [limited, limited, talk], programs })

    const { value } = await gantry.call('execute_llm', {
      model: 'gpt4-cli',
      prompt: 'what is 429?',
    })

    expect(value).toMatchObject({ success: true, attempts: 3, output: 'A 429 means "rate limit".' })
  },
)

verifies(
  'llm:run:leaves-nothing',
  'a stream that takes too long is ended with all of it',
  async () => {
    const script = {
      stdout: 'so far',
      hangs: true,
      ignoresTerm: true,
      grandchild: 'child',
    } as const
    await using gantry = await openClient({ scripts: [script], programs })

    const { value, isError } = await gantry.call('stream_llm', {
      model: 'gpt4-cli',
      prompt: 'x',
      timeout: 1,
    })

    expect(isError).toBe(true)
    expect(value).toMatchObject({ success: false, error_class: 'timeout', output: 'so far' })
    await expect.poll(() => gantry.running()).toEqual([])
  },
)

verifies('llm:mcp:status-is-free', 'get_llm_status starts no model, unlike system D', async () => {
  await using gantry = await openClient({ scripts: [{ stdout: '1.0' }], programs })

  const { value } = await gantry.call('get_llm_status', {})

  expect(value).toMatchObject({
    success: true,
    models: {
      claude: { supports_json: true, supports_streaming: true },
      'gpt4-cli': { message: expect.any(String) },
    },
    timestamp: expect.stringMatching(/^\d{4}-/),
  })
  expect(gantry.prompts()).toEqual([])
})
