import { expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { openBed } from './bed.ts'
import { streams } from './streams/all.ts'
import { printed } from './streams/documented-stream.ts'

const named = (name: string) => {
  const stream = streams.find((one) => one.name === name)
  if (!stream) throw new Error(`no stream is named "${name}"`)
  return { stdout: printed(stream), pieceBytes: 7 }
}

const claude = { like: 'claude', retryDelayMs: 1 }
const asked = { program: 'fake', prompt: 'hello' }

verifies(
  'llm:events:uniform',
  'a replayed answer of claude comes whole, with all it told',
  async () => {
    const answer = named('claude answers in pieces after it used a tool')
    await using bed = await openBed({ scripts: [answer], program: claude })
    const kinds: string[] = []

    const result = await bed.runner.start(
      { ...asked, schema: { type: 'object' } },
      { hear: ({ kind }) => kinds.push(kind) },
    ).done

    expect(result).toMatchObject({
      success: true,
      output: 'Grüß dich',
      parsed_json: { greeting: 'Grüß dich' },
      json_source: 'schema',
      session_id: 'c-1',
      usage: { input_tokens: 11, output_tokens: 3, cost_usd: 0.25, covers: 'run' },
    })
    expect(kinds).toEqual(['start', 'tool', 'tool', 'delta', 'delta', 'usage', 'final'])
  },
)

verifies('llm:run:retry', 'a used-up limit is told with its end and not tried again', async () => {
  const limited = named('an older claude says when its limit ends in the text of its error')
  await using bed = await openBed({
    scripts: [{ ...limited, exit: 1 }],
    program: claude,
  })

  const result = await bed.runner.start(asked).done

  expect(result).toMatchObject({
    success: false,
    error_class: 'usage_limit',
    resets_at: '2025-06-23T20:00:00.000Z',
    attempts: 1,
  })
})

verifies('llm:run:retry', 'an error that stands in place of an answer is none', async () => {
  const limited = named('qwen prints an error in place of an answer')
  const answer = named('claude answers without pieces')
  await using bed = await openBed({
    scripts: [{ ...limited, exit: 1 }, answer],
    program: { ...claude, like: 'qwen' },
  })

  const result = await bed.runner.start(asked).done

  expect(result).toMatchObject({ success: true, output: 'whole', attempts: 2 })
})

verifies('llm:run:retry', 'an exit code of gemini is the status of its provider', async () => {
  await using bed = await openBed({
    scripts: [{ exit: 173 }, { exit: 145 }],
    program: { like: 'gemini', retryDelayMs: 1 },
  })

  const result = await bed.runner.start(asked).done

  expect(result).toMatchObject({ success: false, error_class: 'auth', attempts: 2 })
})

verifies('llm:run:retry', 'an event without a reason has that of the exit code', async () => {
  const refused = named('gemini fails and says why by its exit code only')
  await using bed = await openBed({
    scripts: [
      { ...refused, exit: 173 },
      { ...refused, exit: 145 },
    ],
    program: { like: 'gemini', retryDelayMs: 1 },
  })

  const result = await bed.runner.start(asked).done

  expect(result).toMatchObject({ success: false, error_class: 'auth', attempts: 2 })
  expect(result.error).toContain('Slow down')
})

verifies('llm:run:retry', 'a program that would wait by itself for too long is ended', async () => {
  await using bed = await openBed({
    scripts: [{ stderr: 'Retrying in 600s (attempt 1/10)\n', hangs: true }],
    program: { ...claude, like: 'qwen' },
  })

  const result = await bed.runner.start(asked).done

  expect(result).toMatchObject({ success: false, error_class: 'rate_limit', attempts: 1 })
  expect(result.error).toContain('it would have waited longer than it may run')
  expect(bed.running()).toEqual([])
})

verifies(
  'llm:run:retry',
  'a program that waited until its time was over says for what',
  async () => {
    const stderr = 'Attempt 1 failed with status 429. Retrying with backoff...\n'
    await using bed = await openBed({
      scripts: [{ stderr, hangs: true }],
      program: { like: 'gemini' },
    })
    const heard: string[] = []

    const result = await bed.runner.start(
      { ...asked, timeoutMs: 1500 },
      { hear: (event) => event.kind === 'retry' && heard.push(event.reason) },
    ).done

    expect(heard).toEqual(['its quota (HTTP 429)'])
    expect(result).toMatchObject({ error_class: 'timeout' })
    expect(result.error).toContain('while it waited for its quota (HTTP 429)')
  },
)
