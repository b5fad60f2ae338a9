import { expect, test } from 'vitest'

import { demoProvider } from '../../src/assistant/providers/demo.ts'
import { programProvider } from '../../src/assistant/providers/program.ts'
import type { Bed } from '../llm/bed.ts'
import { expectNothingLeft, openBed } from '../llm/bed.ts'
import { verifies } from '../requirements/verifies.ts'
import { converseTo, resultOf, toolboxOf } from './setting.ts'

/** The fake program of a bed as a model. */
function providerOf({ runner }: Bed) {
  return programProvider({
    names: async () => [...runner.programs.keys()],
    run: ({ program, model, prompt, signal, hear }) =>
      runner.start(
        { program, model, prompt },
        { signal, hear: (event) => void (event.kind === 'delta' && hear(event.text)) },
      ).done,
  })
}

const lines = (...events: readonly object[]) =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('')
const delta = (text: string) => ({
  type: 'stream_event',
  event: { type: 'content_block_delta', delta: { type: 'text_delta', text } },
})
const claude = lines(
  { type: 'system', subtype: 'init', session_id: 's' },
  delta('Good '),
  delta('evening.'),
  {
    type: 'result',
    subtype: 'success',
    is_error: false,
    result: 'Good evening.',
    session_id: 's',
    usage: { input_tokens: 3, output_tokens: 2 },
  },
)

verifies(
  'assistant:models',
  'an LLM program of this machine is a model, whose answer comes in pieces',
  async () => {
    await using bed = await openBed({
      scripts: [{ stdout: claude, pieceBytes: 40 }],
      program: { like: 'claude' },
    })
    const provider = providerOf(bed)
    const { ended, text } = await converseTo(
      { provider, toolbox: toolboxOf({ name: 'add' }) },
      {
        model: 'fake',
        messages: [
          { role: 'system', content: 'Be kind.' },
          { role: 'user', content: 'Hello.' },
        ],
      },
    )

    expect(await provider.models(new AbortController().signal)).toContain('fake')
    expect(ended).toMatchObject({
      reason: 'stop',
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    })
    expect(text).toBe('Good evening.')
    expect(bed.records()[0]?.input).toBe('Instructions:\nBe kind.\n\nUser:\nHello.')
    expectNothingLeft(bed)
  },
)

test('a program that fails, or is not there, says why', async () => {
  await using bed = await openBed({ scripts: [{ stderr: 'no luck today\n', exit: 3 }] })
  const provider = providerOf(bed)

  const { ended } = await converseTo({ provider }, { model: 'fake' })
  expect(ended).toMatchObject({ reason: 'failed', error: { status: 502, code: 'program_failed' } })
  const { ended: unknown } = await converseTo({ provider }, { model: 'nobody' })
  expect(unknown.error?.status).toBeGreaterThanOrEqual(400)
  expect(unknown.error?.message).toContain('nobody')
})

verifies('assistant:loop:cancel', 'whoever leaves ends the program that answers', async () => {
  await using bed = await openBed({ scripts: [{ hangs: true }] })
  const leaving = new AbortController()
  const told = converseTo({ provider: providerOf(bed) }, { model: 'fake', signal: leaving.signal })
  await expect.poll(() => bed.records().length, { timeout: 20_000 }).toBe(1)
  leaving.abort()

  expect((await told).ended.reason).toBe('cancelled')
  await expect.poll(() => bed.running(), { timeout: 20_000 }).toEqual([])
})

verifies(
  'assistant:loop:cancel',
  'whoever leaves does not wait for a model that does not listen',
  async () => {
    const leaving = new AbortController()
    const provider = programProvider({
      names: async () => ['deaf'],
      run() {
        setImmediate(() => leaving.abort())
        return new Promise(() => {})
      },
    })

    expect((await converseTo({ provider }, { signal: leaving.signal })).ended.reason).toBe(
      'cancelled',
    )
  },
)

test('the demonstration calls the tool that is named, and says what came back', async () => {
  const add = { name: 'add', run: () => resultOf('3') }
  const toolbox = toolboxOf(add)
  const { ended, text } = await converseTo(
    { provider: demoProvider, toolbox },
    { messages: [{ role: 'user', content: 'Please add {"a":1,"b":2}' }] },
  )

  expect(toolbox.called.map(({ argumentsJson }) => argumentsJson)).toEqual(['{"a":1,"b":2}'])
  expect(text).toContain('3')
  expect(ended.reason).toBe('stop')

  const plain = await converseTo(
    { provider: demoProvider, toolbox },
    { messages: [{ role: 'user', content: 'Hi' }] },
  )
  expect(plain.text).toContain('The tools: add.')
})

verifies('assistant:loop:too-many-tools', 'a program is given no tools of a request', async () => {
  await using bed = await openBed()
  const tools = [{ type: 'function' as const, function: { name: 'theirs' } }]
  const { ended } = await converseTo({ provider: providerOf(bed) }, { model: 'fake', tools })

  expect(ended.error?.message).toContain('cannot be given tools')
  expect(bed.records()).toEqual([])
})
