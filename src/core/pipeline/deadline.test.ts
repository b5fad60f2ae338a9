import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { callOf, messageOf, replyOf } from '../../../test/kit/calls.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Call, Done, Outcome } from '../call/call.ts'
import { createDeadlineWheel } from './deadline.ts'

const message = messageOf({ jsonrpc: '2.0', id: 1, method: 'tools/call' })
const answer = replyOf({ jsonrpc: '2.0', id: 1, result: {} })

/** Calls that nobody answers until the test does. */
function begin(tickMs: number) {
  const wheel = createDeadlineWheel(tickMs)
  const pending = new Map<Call, Done>()
  const outcomes: Outcome[] = []
  const step = wheel.rule((call, done) => {
    pending.set(call, done)
    call.abort = (error) => done({ kind: 'failure', error, phase: 'maybe_sent' })
  })
  return {
    wheel,
    outcomes,
    send: (timeoutMs: number): Call => {
      const call = callOf(message, { timeoutMs })
      step(call, (outcome) => outcomes.push(outcome))
      return call
    },
    answer: (call: Call) => {
      call.abort = undefined
      pending.get(call)?.(answer)
    },
  }
}

verifies(
  'call:deadline:fires',
  'a call that outlasts its time is ended, with the time it had',
  () => {
    const { wheel, outcomes, send } = begin(100)
    const call = send(250)

    for (let turn = 0; turn < 3; turn++) wheel.turn()
    expect(call.cancelled).toBeUndefined()
    wheel.turn()

    expect(outcomes).toEqual([
      {
        kind: 'failure',
        phase: 'maybe_sent',
        error: expect.objectContaining({
          code: 'deadline_exceeded',
          data: { server: 'one', timeoutMs: 250 },
        }),
      },
    ])
    expect(wheel.size).toBe(0)
  },
)

test('no call is ended before its time, nor two turns after it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(50), (timeoutMs, before) => {
      const tickMs = 100
      const { wheel, send } = begin(tickMs)
      for (let turn = 0; turn < before; turn++) wheel.turn()
      const call = send(timeoutMs)
      let turns = 0
      while (!call.cancelled) {
        wheel.turn()
        turns++
      }

      // The first turn may come at once: what has passed for certain is one tick less.
      expect((turns - 1) * tickMs).toBeGreaterThanOrEqual(timeoutMs)
      expect((turns - 2) * tickMs).toBeLessThan(timeoutMs)
    }),
  )
})

verifies(
  'call:deadline:fires',
  'a call whose server shows that it is at work gets its whole time again, each time',
  () => {
    const { wheel, outcomes, send, answer: answerCall } = begin(100)
    const [working, silent, done] = [send(200), send(200), send(200)]
    answerCall(done)

    for (let turn = 0; turn < 10; turn++) {
      working.deadline?.prolong(working)
      done.deadline?.prolong(done)
      wheel.turn()
    }
    expect(working.cancelled).toBeUndefined()
    expect(silent.cancelled?.code).toBe('deadline_exceeded')
    expect(wheel.size).toBe(1)

    for (let turn = 0; turn < 3; turn++) wheel.turn()
    expect(working.cancelled?.code).toBe('deadline_exceeded')
    expect(outcomes).toHaveLength(3)
    expect(wheel.size).toBe(0)
  },
)

test('a call that is answered leaves nothing behind and is not ended later', () => {
  const { wheel, outcomes, send, answer: answerCall } = begin(100)
  const [quick, slow] = [send(200), send(200)]
  expect(wheel.size).toBe(2)

  answerCall(quick)
  expect(wheel.size).toBe(1)
  for (let turn = 0; turn < 5; turn++) wheel.turn()

  expect(outcomes.map(({ kind }) => kind)).toEqual(['reply', 'failure'])
  expect(quick.cancelled).toBeUndefined()
  expect(slow.cancelled?.code).toBe('deadline_exceeded')
  expect(wheel.size).toBe(0)
})

test('calls of any length end in the order of their ends', () => {
  const { wheel, outcomes, send } = begin(100)
  for (const timeoutMs of [900, 100, 500]) send(timeoutMs)
  for (let turn = 0; turn < 12; turn++) wheel.turn()

  expect(outcomes.map((outcome) => outcome.kind === 'failure' && outcome.error.data)).toEqual([
    { server: 'one', timeoutMs: 100 },
    { server: 'one', timeoutMs: 500 },
    { server: 'one', timeoutMs: 900 },
  ])
})

test('all calls can be given up at once, for one reason', () => {
  const { wheel, outcomes, send } = begin(100)
  const calls = [send(100), send(5000)]
  const reason = new GatewayError('stopping', undefined)

  wheel.cancelAll(reason)

  expect(calls.map((call) => call.cancelled)).toEqual([reason, reason])
  expect(outcomes).toHaveLength(2)
  expect(wheel.size).toBe(0)
  for (let turn = 0; turn < 60; turn++) wheel.turn()
  expect(outcomes).toHaveLength(2)
})
