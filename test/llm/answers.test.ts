import { expect } from 'vitest'

import type { LlmEvent } from '../../src/runner/events/event.ts'
import { verifies } from '../requirements/verifies.ts'
import { expectNothingLeft, openBed } from './bed.ts'
import { openClient } from './client.ts'

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, people: { type: 'integer', minimum: 0 } },
  required: ['city', 'people'],
}
const asked = { program: 'fake', prompt: 'Which city?', schema }
const good = 'Here it is:\n```json\n{"city":"Ulm","people":129882}\n```\n'
const bad = '{"city":"Ulm","people":"many"}'

verifies(
  'llm:json:schema',
  'an answer that fits comes as JSON, with where it was found',
  async () => {
    await using bed = await openBed({ scripts: [{ stdout: good }] })

    const result = await bed.runner.start(asked).done

    expect(result).toMatchObject({
      success: true,
      output: good,
      parsed_json: { city: 'Ulm', people: 129_882 },
      json_source: 'fence',
      attempts: 1,
    })
    expect(result).not.toHaveProperty('problems')
  },
)

const unfit = {
  'does not fit': { stdout: bad, problem: { path: '/people', message: 'must be integer' } },
  'holds no JSON': {
    stdout: 'It is Ulm.',
    problem: { path: '', message: 'there is no JSON in the answer' },
  },
}

for (const [name, { stdout, problem }] of Object.entries(unfit)) {
  verifies('llm:json:schema', `an answer that ${name} is an error that says where`, async () => {
    await using bed = await openBed({ scripts: [{ stdout }] })

    const result = await bed.runner.start(asked).done

    expect(result).toMatchObject({
      success: false,
      output: stdout,
      error_class: 'invalid_answer',
      problems: [problem],
      attempts: 1,
    })
    expect(result.error).toContain(problem.message)
    expect(result.remedy).toContain('repair')
    expect(result.json_source).not.toBe('fallback')
  })
}

const unusable: Readonly<Record<string, object>> = {
  'is none': { type: 'strng' },
  'is too complex': { allOf: Array.from({ length: 600 }, () => ({})) },
  'refers to somewhere else': { $ref: 'http://127.0.0.1:9/x' },
}

for (const [name, given] of Object.entries(unusable)) {
  verifies('llm:json:schema', `a schema that ${name} is refused before a run`, async () => {
    await using bed = await openBed()

    const result = await bed.runner.start({ ...asked, schema: { ...given } }).done

    expect(result).toMatchObject({ success: false, error_class: 'invalid', attempts: 0 })
    expect(bed.records()).toEqual([])
  })
}

verifies('llm:json:schema', 'a pattern that was not looked at is named', async () => {
  await using bed = await openBed({ scripts: [{ stdout: '{"a":"x"}' }] })
  const patterned = { properties: { a: { pattern: '^(?!x)' } } }

  const result = await bed.runner.start({ ...asked, schema: patterned }).done

  expect(result).toMatchObject({ success: true, unchecked_patterns: ['^(?!x)'] })
})

verifies('llm:json:repair', 'without a session all is said once more', async () => {
  await using bed = await openBed({ scripts: [{ stdout: bad }, { stdout: good }] })
  const heard: LlmEvent[] = []

  const run = bed.runner.start({ ...asked, repair: true }, { hear: (event) => heard.push(event) })
  const result = await run.done

  expect(result).toMatchObject({
    success: true,
    repaired: true,
    parsed_json: { city: 'Ulm', people: 129_882 },
    attempts: 2,
  })
  const [first, second] = bed.records()
  expect(first?.input).toBe(asked.prompt)
  for (const part of [asked.prompt, bad, '/people must be integer', JSON.stringify(schema)]) {
    expect(second?.input).toContain(part)
  }
  expect(heard).toContainEqual({
    kind: 'retry',
    reason: 'the answer does not fit: /people must be integer',
  })
  expectNothingLeft(bed)
})

const events = [
  { when: { type: 'begin' }, session: 'id' },
  { when: { type: 'end' }, final: 'text', inputTokens: 'in', outputTokens: 'out', costUsd: 'usd' },
]
const said = (text: string, usage: object) =>
  [
    { type: 'begin', id: 's-1' },
    { type: 'end', text, ...usage },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')

verifies('llm:json:repair', 'a session goes on, where it began, and all is counted', async () => {
  await using bed = await openBed({
    scripts: [
      { stdout: said(bad, { in: 10, out: 5, usd: 0.25 }) },
      { stdout: said(good, { in: 30, out: 7, usd: 0.5 }) },
    ],
    program: {
      command: ['{resume_args}'],
      resumeArgs: ['--resume', '{session}'],
      events: { jsonl: events },
    },
  })

  const result = await bed.runner.start({ ...asked, repair: true }).done

  expect(result).toMatchObject({
    success: true,
    repaired: true,
    session_id: 's-1',
    attempts: 2,
    usage: { input_tokens: 40, output_tokens: 12, cost_usd: 0.75, covers: 'run' },
  })
  const [first, second] = bed.records()
  expect(second?.argv).toEqual(['--resume', 's-1'])
  expect(second?.input).not.toContain(asked.prompt)
  expect(second?.input).toContain('/people must be integer')
  expect(second?.cwd).toBe(first?.cwd)
  expectNothingLeft(bed)
})

verifies('llm:json:repair', 'it is asked for once and no more', async () => {
  await using bed = await openBed({ scripts: [{ stdout: bad }] })

  const result = await bed.runner.start({ ...asked, repair: true }).done

  expect(result).toMatchObject({
    success: false,
    repaired: true,
    error_class: 'invalid_answer',
    attempts: 2,
  })
  expect(bed.records()).toHaveLength(2)
})

verifies('llm:json:repair', 'the first answer stays when there is no second one', async () => {
  await using bed = await openBed({
    scripts: [{ stdout: bad }, { stderr: 'out of paper', exit: 3 }],
  })

  const result = await bed.runner.start({ ...asked, repair: true }).done

  expect(result).toMatchObject({ success: false, output: bad, error_class: 'invalid_answer' })
  expect(result.error).toContain('out of paper')
})

verifies('llm:json:repair', 'nothing is repaired that nobody can judge', async () => {
  await using bed = await openBed()

  const result = await bed.runner.start({ program: 'fake', prompt: 'x', repair: true }).done

  expect(result).toMatchObject({ success: false, error_class: 'invalid', attempts: 0 })
})

verifies('llm:json:schema', 'gantry as it is built checks and repairs, too', async () => {
  await using gantry = await openClient({ scripts: [{ stdout: bad }, { stdout: good }] })

  const { value } = await gantry.call('execute_llm', {
    model: 'fake',
    prompt: asked.prompt,
    schema,
    repair: true,
  })

  expect(value).toMatchObject({ success: true, repaired: true, parsed_json: { city: 'Ulm' } })
})
