import { expect, test } from 'vitest'
import { callOf, messageOf, replyOf } from '../../../test/kit/calls.ts'
import type { Outcome, Rule } from '../call/call.ts'
import { pipeline } from '../pipeline/pipeline.ts'
import type { Tracer } from './trace.ts'
import { withAttempts, withTrace } from './trace.ts'

/** Sends each call twice, with its trace in sight. */
const twice: Rule = (next) => (call, done) => {
  expect(call.trace?.traceparent).toBe('"t"')
  call.attempts++
  next(call, () => {
    call.attempts++
    next(call, done)
  })
}

test('a trace is there before the first rule, hears of each attempt, and ends before its caller knows', () => {
  const heard: unknown[] = []
  const tracer: Tracer = {
    begin: () => ({
      traceparent: '"t"',
      continuesClient: false,
      sent: (attempt) => heard.push(attempt),
      ended: (outcome) => heard.push(outcome.kind),
    }),
  }
  const answer: Outcome = replyOf({ jsonrpc: '2.0', id: 1, result: {} })
  const step = pipeline([withTrace(tracer), twice, withAttempts], (_call, done) => done(answer))

  step(callOf(messageOf({ jsonrpc: '2.0', id: 1, method: 'm' })), () => heard.push('told'))

  expect(heard).toEqual([1, 2, 'reply', 'told'])
})

test('without a tracer nothing is followed', () => {
  const answer: Outcome = replyOf({ jsonrpc: '2.0', id: 1, result: {} })
  const call = callOf(messageOf({ jsonrpc: '2.0', id: 1, method: 'm' }))
  const told: Outcome[] = []

  pipeline([withAttempts], (_call, done) => done(answer))(call, (outcome) => told.push(outcome))

  expect(told).toEqual([answer])
  expect(call.trace).toBeUndefined()
})
