import { expect } from 'vitest'

import type { LlmEvent } from '../../src/runner/events/event.ts'
import { verifies } from '../requirements/verifies.ts'
import { expectNothingLeft, openBed } from './bed.ts'
import type { FakeScript } from './fixtures/fake-program.ts'

const asked = { program: 'fake', prompt: 'hello' }
const limited = (error: object) => `${JSON.stringify({ type: 'error', error })}\n`
const answer = `${JSON.stringify({ type: 'result', text: 'done' })}\n`
const eventRules = [
  { when: { type: 'result' }, final: 'text' },
  { when: { type: 'text' }, delta: 'text' },
  {
    when: { type: 'error' },
    error: 'error.message',
    status: 'error.status',
    retryAfterSeconds: 'error.after',
  },
]

const refusal = { message: 'slow down', status: 429 }

verifies('llm:run:retry', 'a rate limit that is told by structure is tried again', async () => {
  await using bed = await openBed({
    scripts: [
      { stdout: limited(refusal), exit: 1 },
      { stdout: limited({ message: 'busy', status: 529 }), exit: 1 },
      { stdout: answer },
    ],
    program: { events: { jsonl: eventRules } },
  })
  const heard: LlmEvent[] = []

  const result = await bed.runner.start(asked, { hear: (event) => heard.push(event) }).done

  expect(result).toMatchObject({ success: true, output: 'done', attempts: 3 })
  expect(heard.filter(({ kind }) => kind === 'retry')).toMatchObject([
    { reason: 'slow down' },
    { reason: 'busy' },
  ])
  expect(bed.records().map(({ input }) => input)).toEqual(['hello', 'hello', 'hello'])
  expectNothingLeft(bed)
})

verifies('llm:run:retry', 'Retry-After beyond the time of the run is handed on', async () => {
  await using bed = await openBed({
    scripts: [{ stdout: limited({ ...refusal, after: 3600 }), exit: 1 }],
    program: { events: { jsonl: eventRules } },
  })

  const result = await bed.runner.start(asked).done

  expect(result).toMatchObject({ error_class: 'rate_limit', retry_after: 3600, attempts: 1 })
})

const notAgain: Readonly<Record<string, { script: FakeScript; error: string }>> = {
  'had begun to answer': {
    script: { stdout: `{"type":"text","text":"We"}\n${limited(refusal)}`, exit: 1 },
    error: 'rate_limit',
  },
  'is not signed in': {
    script: { stdout: limited({ message: 'no', status: 401 }), exit: 1 },
    error: 'auth',
  },
  'fails and says 429 only in its error output': {
    script: { stderr: 'warning 429 items\n', exit: 1 },
    error: 'rate_limit',
  },
}

for (const [name, { script, error }] of Object.entries(notAgain)) {
  verifies('llm:run:retry', `a program that ${name} is not started again`, async () => {
    await using bed = await openBed({
      scripts: [script, { stdout: answer }],
      program: { events: { jsonl: eventRules }, rateLimit: ['429'] },
    })

    const result = await bed.runner.start(asked).done

    expect(result).toMatchObject({ success: false, error_class: error, attempts: 1 })
    expect(bed.records()).toHaveLength(1)
  })
}

verifies('llm:run:retry', 'so often and no more', async () => {
  await using bed = await openBed({
    scripts: [{ stdout: limited(refusal), exit: 1 }],
    program: { events: { jsonl: eventRules }, maxRetries: 2 },
  })

  const result = await bed.runner.start(asked).done

  expect(result).toMatchObject({ success: false, error_class: 'rate_limit', attempts: 3 })
})

verifies('llm:run:retry', 'a text program that fails and has said nothing else', async () => {
  await using bed = await openBed({
    scripts: [{ stderr: 'Error: Rate limit reached\n', exit: 1 }, { stdout: 'fine' }],
    program: { rateLimit: ['rate limit'] },
  })

  const result = await bed.runner.start(asked).done

  expect(result).toMatchObject({ success: true, output: 'fine', attempts: 2 })
})

verifies('llm:run:answer-is-no-error', 'a text that talks of 429 is an answer', async () => {
  const text = 'HTTP 429 means: too many requests, a rate limit. 401 unauthorized, usage limit.'
  await using plain = await openBed({
    scripts: [{ stdout: text, stderr: 'rate limit 429\n' }],
    program: { rateLimit: ['rate limit', '429'], auth: ['401'] },
  })
  await using events = await openBed({
    scripts: [{ stdout: `${JSON.stringify({ type: 'result', text })}\n` }],
    program: { events: { jsonl: eventRules }, rateLimit: ['rate limit', '429'], auth: ['401'] },
  })

  for (const { runner } of [plain, events]) {
    const result = await runner.start(asked).done
    expect(result).toMatchObject({ success: true, output: text, attempts: 1 })
    expect(result.error).toBeUndefined()
  }
})

verifies(
  'llm:run:answer-is-no-error',
  'an answer of a failed text program is not searched',
  async () => {
    await using bed = await openBed({
      scripts: [{ stdout: 'rate limit 429', exit: 9 }],
      program: { rateLimit: ['rate limit', '429'] },
    })

    const result = await bed.runner.start(asked).done

    expect(result).toMatchObject({ error_class: 'failed', output: 'rate limit 429', attempts: 1 })
  },
)
