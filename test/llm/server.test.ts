import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { eras, openClient } from './client.ts'

const asked = { model: 'fake', prompt: 'hello' }

for (const era of eras) {
  verifies('llm:mcp:tools', `a client of the ${era} era runs a program and reads it`, async () => {
    await using gantry = await openClient({ era, scripts: [{ stdout: 'see {"a": [1]}' }] })
    expect(gantry.client.getProtocolEra()).toBe(era)

    const { tools } = await gantry.client.listTools()
    const plain = await gantry.call('execute_llm', asked)
    const json = await gantry.call('execute_llm', { ...asked, json_mode: true, timeout: 60 })
    const listed = await gantry.call('list_llm_runs', {})
    const read = await gantry.call('get_llm_run', { run_id: plain.value['run_id'], log: true })

    expect(tools.map(({ name }) => name).toSorted()).toEqual([
      'cancel',
      'execute_llm',
      'get_llm_run',
      'get_llm_status',
      'list_llm_runs',
      'resume_llm',
      'stream_llm',
    ])
    expect(plain.value).toMatchObject({ success: true, model: 'fake', output: 'see {"a": [1]}' })
    expect(plain.value['execution_time']).toBeGreaterThan(0)
    expect(JSON.parse(plain.text)).toEqual(plain.value)
    expect(json.value).toMatchObject({ parsed_json: { a: [1] }, json_source: 'text' })
    expect(listed.value['runs']).toHaveLength(2)
    expect(read.value).toMatchObject({ state: 'done', log: 'see {"a": [1]}' })
    expect(read.value['result']).toEqual(plain.value)
  })

  verifies(
    'llm:mcp:stream',
    `a client of the ${era} era hears the answer as it comes`,
    async () => {
      const stdout = 'one two three'
      const script = { stdout, pieceBytes: 1, waitsFor: 'go' }
      await using gantry = await openClient({ era, scripts: [script] })
      const heard: string[] = []

      const result = gantry.call('stream_llm', asked, heard)
      await expect.poll(() => heard.join('')).toBe('one two three')
      // The program goes on only now: what was heard came while it ran.
      await writeFile(join(gantry.folder, 'go'), '')

      const { value, text } = await result
      expect(text).toBe(stdout)
      expect(value).toMatchObject({ success: true, output: stdout })
      const pieces = gantry.logged().filter(({ kind }) => kind === 'delta')
      expect(pieces.map((piece) => piece['text']).join('')).toBe(stdout)
      expect(gantry.logged()).toContainEqual({ kind: 'run', run_id: value['run_id'] })
    },
  )
}

verifies('llm:mcp:tools', 'what has no JSON falls back to the names of system D', async () => {
  await using gantry = await openClient({ scripts: [{ stdout: ' no idea ' }] })

  const { value } = await gantry.call('execute_llm', { ...asked, json_mode: true })

  expect(value).toMatchObject({
    parsed_json: { question: 'hello', answer: 'no idea' },
    json_source: 'fallback',
  })
})

verifies(
  'llm:mcp:tools',
  'an answer that is too long for a message is cut, and says so',
  async () => {
    await using gantry = await openClient({ scripts: [{ floodBytes: 9_000_000 }] })

    const { value } = await gantry.call('stream_llm', asked)

    expect(value).toMatchObject({ success: true, output_truncated: true })
    expect(value['output']).toHaveLength(1_048_576)
  },
)

verifies('llm:mcp:tools', 'a failure is a result with its reason and a remedy', async () => {
  await using gantry = await openClient({ scripts: [{ stderr: 'no luck\n', exit: 7 }] })

  const failed = await gantry.call('execute_llm', asked)
  const unknown = await gantry.call('stream_llm', { ...asked, model: 'fakee' })

  expect(failed).toMatchObject({
    isError: true,
    value: { success: false, model: 'fake', error_class: 'failed' },
  })
  expect(failed.value['error']).toBe('fake: it ended with code 7: no luck')
  expect(failed.value['remedy']).toContain('get_llm_run')
  expect(JSON.parse(failed.text)).toEqual(failed.value)
  expect(unknown).toMatchObject({ isError: true, value: { error_class: 'invalid' } })
})

verifies('llm:mcp:tools', 'a session goes on, and its program is found by it', async () => {
  const line = `${JSON.stringify({ id: 's-1', text: 'hi' })}\n`
  const events = { jsonl: [{ when: {}, session: 'id', final: 'text' }] }
  const resumable = { command: ['{resume_args}'], resumeArgs: ['--resume', '{session}'], events }
  await using gantry = await openClient({
    scripts: [{ stdout: line }],
    programs: { other: {}, fake: resumable },
  })

  const { value } = await gantry.call('execute_llm', asked)
  const resumed = await gantry.call('resume_llm', { session_id: 's-1', prompt: 'and?' })
  const strange = await gantry.call('resume_llm', { session_id: 's-2', prompt: 'and?' })

  expect(value['session_id']).toBe('s-1')
  expect(resumed.value).toMatchObject({ success: true, model: 'fake', session_id: 's-1' })
  expect(strange.isError).toBe(true)
})

for (const era of eras) {
  verifies('llm:mcp:abandoned', `a cancelled call of the ${era} era ends its run`, async () => {
    const script = { hangs: true, ignoresTerm: true, grandchild: 'daemon' } as const
    await using gantry = await openClient({ era, scripts: [script] })
    const cancelling = new AbortController()
    const call = gantry.client.callTool(
      { name: 'execute_llm', arguments: asked },
      { signal: cancelling.signal },
    )
    await expect.poll(() => gantry.running().length).toBeGreaterThan(0)

    cancelling.abort()

    await expect(call).rejects.toBeInstanceOf(Error)
    await expect.poll(() => gantry.running()).toEqual([])
    const states = async () => {
      const { value } = await gantry.call('list_llm_runs', {})
      return value['runs']
    }
    await expect.poll(states).toMatchObject([{ state: 'failed' }])
  })
}

verifies('llm:mcp:abandoned', 'the cancel tool ends a run of another call', async () => {
  await using gantry = await openClient({ scripts: [{ hangs: true }] })
  const call = gantry.call('stream_llm', asked)
  await expect.poll(() => gantry.logged()).toContainEqual(expect.objectContaining({ kind: 'run' }))
  const id = gantry.logged().find(({ kind }) => kind === 'run')?.['run_id']

  const first = await gantry.call('cancel', { run_id: id })
  const { value } = await call
  const second = await gantry.call('cancel', { run_id: id })

  expect([first.value, second.value]).toEqual([{ cancelled: true }, { cancelled: false }])
  expect(value).toMatchObject({ success: false, error_class: 'cancelled', run_id: id })
})

verifies('llm:mcp:abandoned', 'a client that leaves takes everything with it', async () => {
  const script = { hangs: true, ignoresTerm: true, grandchild: 'daemon' } as const
  await using gantry = await openClient({ scripts: [script] })
  const call = gantry.call('execute_llm', asked).catch((error: unknown) => error)
  await expect.poll(() => gantry.running().length).toBeGreaterThan(0)

  await gantry.client.close()

  expect(await call).toBeInstanceOf(Error)
  await expect.poll(() => gantry.running()).toEqual([])
})

verifies(
  'llm:mcp:status-is-free',
  'status runs what was declared for it and nothing else',
  async () => {
    const authCheck = { args: ['login'], signedIn: [0], signedOut: [1] }
    await using gantry = await openClient({
      scripts: [{ stdout: 'fake 1.2.3\nmore\n' }, { exit: 1 }],
      programs: {
        fake: { versionArgs: ['--version'], authCheck, schemaArgs: [] },
        quiet: {},
        codex: { enabled: false },
      },
    })

    const { value } = await gantry.call('get_llm_status', {})
    await gantry.call('get_llm_status', {})

    const models = Object(value['models'])
    expect(value).toMatchObject({ success: true, timestamp: expect.any(String) })
    expect(models['fake']).toEqual({
      available: false,
      message: 'not signed in',
      version: 'fake 1.2.3',
      state: 'logged_out',
      sandboxed: expect.any(Boolean),
      supports_json: true,
      supports_streaming: true,
      supports_schema: false,
      supports_sessions: false,
    })
    expect(models['quiet']).toMatchObject({ available: true, state: 'unknown' })
    expect(models['ollama']).toMatchObject({ available: false, state: 'missing' })
    expect(models['codex']).toBeUndefined()
    expect(gantry.starts()).toBe(2)
  },
)

test('what is wrong with a program is said, and the others work', async () => {
  await using gantry = await openClient({
    scripts: [{ stdout: 'fine' }],
    programs: { fake: {}, broken: { streamArgs: ['-x'] } },
  })

  const good = await gantry.call('execute_llm', asked)
  const bad = await gantry.call('execute_llm', { ...asked, model: 'broken' })

  expect(good.value['output']).toBe('fine')
  expect(bad.value['error_class']).toBe('invalid')
})
