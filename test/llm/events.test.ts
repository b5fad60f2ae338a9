import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import type { LlmProgram } from '../../src/contract/llm.ts'
import { createEventReader } from '../../src/runner/events/create-reader.ts'
import type { LlmEvent } from '../../src/runner/events/event.ts'
import { verifies } from '../requirements/verifies.ts'
import { streams } from './streams/all.ts'
import { printed } from './streams/documented-stream.ts'

const now = () => 0
const eventTypes =
  'assistant stream_event result user system rate_limit_event item.completed turn.failed error message tool_use text step_finish assistant.message session.error init thread.started tool_result'.split(
    ' ',
  )
const eventKeys =
  'message item error part data event usage content result stats rate_limit_info is_error subtype status delta'.split(
    ' ',
  )

function read(events: LlmProgram['events'], chunks: readonly Buffer[]): readonly LlmEvent[] {
  const reader = createEventReader(events, now)
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()]
}

for (const stream of streams) {
  verifies('llm:events:uniform', stream.name, () => {
    expect(read(stream.events, [Buffer.from(printed(stream))])).toEqual(stream.means)
  })
}

verifies('llm:events:uniform', 'output means the same wherever it is cut', () => {
  const cases = fc.constantFrom(...streams)
  const cuts = fc.array(fc.nat({ max: 4000 }), { maxLength: 20 })
  fc.assert(
    fc.property(cases, cuts, (stream, places) => {
      const bytes = Buffer.from(printed(stream))
      const ends = [...places.toSorted((a, b) => a - b), bytes.length]
      const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))

      expect(read(stream.events, chunks)).toEqual(stream.means)
    }),
    { numRuns: 300 },
  )
})

test('a last line without its end counts', () => {
  const line = JSON.stringify({ type: 'result', status: 'success' })

  expect(read('gemini', [Buffer.from(line)])).toEqual([{ kind: 'final', text: '' }])
})

test('no line of JSON, whatever is in it, breaks a reader', () => {
  const types = fc.constantFrom(...eventTypes)
  const keys = fc.constantFrom(...eventKeys)
  const fields = fc.dictionary(keys, fc.jsonValue())
  const kinds = fc.constantFrom('claude', 'codex', 'gemini', 'opencode', 'copilot')
  fc.assert(
    fc.property(kinds, types, fields, (kind, type, rest) => {
      const line = Buffer.from(`${JSON.stringify({ ...rest, type })}\n`)
      expect(() => read(kind, [line])).not.toThrow()
    }),
    { numRuns: 1000 },
  )
})

test('a line that is too long is left out, and what follows is read', () => {
  const long = Buffer.from(`{"type":"message","content":"${'x'.repeat(9_000_000)}"}\n`)
  const result = Buffer.from('{"type":"result","status":"success"}\n')

  expect(read('gemini', [long, result])).toEqual([{ kind: 'final', text: '' }])
})

test.each([
  [
    'gemini',
    'Attempt 2 failed with status 429. Retrying with backoff... ApiError: quota',
    [{ kind: 'retry', reason: 'its quota (HTTP 429)' }],
  ],
  [
    'gemini',
    'Attempt 1 failed: You have no quota. Please wait. Retrying after 5210ms...',
    [{ kind: 'retry', reason: 'its quota (HTTP 429)', delayMs: 5210 }],
  ],
  ['gemini', 'Attempt 1 failed: The provider says 429. Max attempts reached', []],
  ['gemini', 'I read that "Attempt 2 failed with status 429"', []],
  [
    'claude',
    'Retrying in 60s (attempt 1/10)',
    [{ kind: 'retry', reason: 'the provider refused it', delayMs: 60_000 }],
  ],
  ['text', 'Attempt 2 failed with status 429', []],
] as const)('what %s says of its waiting in its error output is heard: %s', (kind, line, means) => {
  expect(createEventReader(kind, now).stderr(line)).toEqual(means)
})

test('text that is cut inside of a character comes out whole', () => {
  const bytes = [...Buffer.from('ä€🎈')].map((byte) => Buffer.from([byte]))

  const events = read('text', bytes)

  expect(events.at(-1)).toEqual({ kind: 'final', text: 'ä€🎈' })
  const pieces = events.flatMap((event) => (event.kind === 'delta' ? [event.text] : []))
  expect(pieces).toEqual(['ä', '€', '🎈'])
})
