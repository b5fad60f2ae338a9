import { expect } from 'vitest'
import { verifies } from '../../../test/requirements/verifies.ts'
import { parseHead } from '../../wire/http/head.ts'
import { bodyFor } from './response-body.ts'

const limitBytes = 64 * 1024
const head = parseHead(
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked',
)

function problemsOf(pieces: readonly string[]): readonly (string | undefined)[] {
  const body = bodyFor(head, limitBytes)
  const taker = { message() {}, reached: () => true }
  return pieces.map((piece) => body.push(Buffer.from(piece), taker))
}

verifies('wire:sse:bounded', 'an event without an end is refused once it passes the limit', () => {
  const problems = problemsOf(['data: ', ...Array.from({ length: 20 }, () => 'x'.repeat(4096))])

  expect(problems.slice(0, 15)).toEqual(Array.from({ length: 15 }, () => undefined))
  expect(problems.at(-1)).toBe(`an answer of more than ${limitBytes} bytes`)
})

verifies('wire:sse:bounded', 'many events that are small together pass any limit', () => {
  const problems = problemsOf(Array.from({ length: 100 }, () => `data: ${'x'.repeat(4096)}\n\n`))

  expect(problems.filter((problem) => problem !== undefined)).toEqual([])
})
