import { afterAll, beforeAll, describe, expect, vi } from 'vitest'

import { survivorsOf } from '../../kit/process-tree.ts'
import { verifies } from '../../requirements/verifies.ts'
import { openPrograms } from './bed.ts'
import type { ProgramBed } from './bed.ts'
import { isHere } from './installed.ts'
import { subjects } from './subjects.ts'
import type { Subject } from './subjects.ts'

/** Prompts that a shell, a parser of arguments or a template would make something else of. */
const first = '--help\n  -m x "a  b" $(touch y) `z` {json_args}\n\n{prompt} Grüß 🎈'
const second = '-m x\0y'
/** Some start for a while where much else goes on. */
const patience = { timeout: 100_000 }
const schema = {
  type: 'object',
  properties: { a: { type: 'number' } },
  required: ['a'],
  additionalProperties: false,
}

for (const [name, subject] of Object.entries(subjects)) {
  const { name: program } = subject.setting('http://127.0.0.1:9')
  describe.skipIf(!isHere(program))(name, () => {
    proveProgram(name, subject)
  })
}

function proveProgram(name: string, subject: Subject): void {
  let bed: ProgramBed
  beforeAll(async () => {
    bed = await openPrograms(subject.setting)
  })
  afterAll(async () => {
    await bed[Symbol.asyncDispose]()
  })
  const asked = (model: string, prompt: string) => ({
    model: name,
    model_id: subject.modelId(model),
    prompt,
    timeout: 120,
  })

  // A program that was never started makes its files first; two of them at once get in each other's way.
  verifies(
    ['llm:real:text', 'llm:real:stream', 'llm:real:session'],
    'a prompt arrives as it is, the answer comes piece by piece, and the session goes on',
    async () => {
      const { provider } = bed
      const heard: string[] = []
      // What follows is sent only when the client has got what came before.
      const hasHeard = () => vi.waitUntil(() => heard.join('').includes('one'), patience)
      const afterFirst = (index: number) => (index === 0 ? Promise.resolve() : hasHeard())
      const steps =
        subject.prints === 'pieces'
          ? [{ text: ['one', ' two'], beforePiece: afterFirst }]
          : [
              { text: 'one', calls: [{ name: 'no_such_tool', arguments: {} }] },
              { text: ' two', beforePiece: hasHeard },
            ]
      provider.script('fake-model', ...steps, { text: 'three' })

      const begun = await bed.call('stream_llm', asked('fake-model', first), heard)
      const resumed = await bed.call('resume_llm', {
        ...asked('fake-model', second),
        session_id: begun.value['session_id'],
      })

      expect(begun.value).toMatchObject({ success: true, output: expect.stringMatching(/two$/) })
      expect(heard.join('')).toMatch(/^one\s+two$/)
      expect(resumed.value).toMatchObject({
        success: true,
        output: 'three',
        session_id: begun.value['session_id'],
        ...(subject.counts && { usage: { input_tokens: expect.any(Number) } }),
      })
      const requests = provider.requests('fake-model').map(({ body }) => textsIn(body))
      expect(requests[0]).toContainEqual(expect.stringContaining(first))
      for (const text of [first, 'one', 'two', second]) {
        expect(requests.at(-1)).toContainEqual(expect.stringContaining(text))
      }
      // None is asked but the one that was chosen, for a title or anything else.
      expect(provider.requests('fake-small')).toEqual([])
    },
  )

  // Not more than two of a program run at once; the others wait.
  describe.concurrent('asks a provider', () => {
    verifies(
      ['llm:real:limits', 'llm:real:json'],
      'a rate limit passes, and the answer is JSON as its schema says',
      async () => {
        const step =
          subject.schema === 'tool'
            ? { calls: [{ name: 'structured_output', arguments: { a: 1 } }] }
            : { text: 'Here:\n```json\n{"a": 1}\n```\n', structured: { a: 1 } }
        bed.provider.script('fake-limited', { status: 429, retryAfterSeconds: 1 }, step)

        const { value } = await bed.call('execute_llm', {
          ...asked('fake-limited', 'give JSON'),
          schema,
        })

        expect(value).toMatchObject({
          success: true,
          parsed_json: { a: 1 },
          attempts: subject.triesAgain === 'gantry' ? 2 : 1,
        })
        const requests = bed.provider.requests('fake-limited')
        expect(requests).toHaveLength(2)
        expect(requests.at(-1)?.hasSchema).toBe(subject.schema === 'provider')
      },
    )

    verifies(['llm:real:text', 'llm:real:json'], 'a megabyte arrives whole', async () => {
      const prompt = `${'x'.repeat(999_992)} the end`
      const before = bed.printedBytes()
      // A program that prints the prompt, too, and ends at once takes with it what was not read by then.
      const isRead = () => vi.waitUntil(() => bed.printedBytes() - before > 1_000_000, patience)
      const answer = { text: 'So: {"a": [1]}.' }
      const step = subject.echoes ? { ...answer, beforePiece: isRead } : answer
      bed.provider.script('fake-long', step)

      const { value } = await bed.call('execute_llm', {
        ...asked('fake-long', prompt),
        json_mode: true,
      })

      const [request] = bed.provider.requests('fake-long')
      expect(request?.text.includes(prompt)).toBe(subject.tooLong ? undefined : true)
      if (subject.tooLong) expect(value['error']).toContain(subject.tooLong)
      else expect(value).toMatchObject({ parsed_json: { a: [1] }, json_source: 'text' })
    })

    verifies('llm:real:text', 'nothing at all is refused', async () => {
      const { value } = await bed.call('execute_llm', asked('fake-empty', ''))

      expect(value).toMatchObject({ success: false, error_class: subject.emptyPrompt })
      expect(value['error']).toMatch(/prompt|message|input/i)
      expect(bed.provider.requests('fake-empty')).toEqual([])
    })

    verifies('llm:real:ends', 'what takes too long is ended', async () => {
      bed.provider.script('fake-late', { hangs: true })

      const asking = { ...asked('fake-late', 'hello'), timeout: 3 }
      const { value } = await bed.call('execute_llm', asking)

      expect(value).toMatchObject({ success: false, error_class: 'timeout', attempts: 1 })
    })

    verifies('llm:real:limits', 'a key that is refused is told as such', async () => {
      bed.provider.script('fake-refused', { status: 401, message: 'No such key' })

      const { value } = await bed.call('execute_llm', asked('fake-refused', 'hello'))

      expect(value).toMatchObject({ success: false, error_class: 'auth', attempts: 1 })
      expect(value['error']).toMatch(/No such key|HTTP 401/)
      expect(value['remedy']).toContain(`Sign in: start \`${name}\``)
    })
  })

  verifies('llm:real:ends', 'what is cancelled is gone whole', async () => {
    bed.provider.script('fake-silent', { hangs: true })
    const cancelling = new AbortController()
    const cancelled = bed.client
      .callTool(
        { name: 'execute_llm', arguments: asked('fake-silent', 'hello') },
        { signal: cancelling.signal },
      )
      .catch((error: unknown) => error)
    await expect.poll(() => bed.provider.requests('fake-silent'), patience).toHaveLength(1)
    const running = bed.running()
    expect(running).not.toEqual([])
    cancelling.abort()

    expect(await cancelled).toBeInstanceOf(Error)
    await expect.poll(() => survivorsOf(running)).toEqual([])
    // Also what the runs before have started.
    expect(bed.running()).toEqual([])
    expect(bed.provider.requests('fake-silent')[0]?.isAbandoned()).toBe(true)
  })
}

/** Every string that is a value in a request. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
