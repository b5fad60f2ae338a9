import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { callOf, destinationOf, messageOf, replyOf } from '../../../test/kit/calls.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Outcome, Phase } from '../call/call.ts'
import { isReading, jitteredPauseMs, mayRetry, withRetry } from './retry.ts'

const reply = replyOf({ jsonrpc: '2.0', id: 1, result: {} })
const unreachable = new GatewayError('server_unreachable', { server: 'one', reason: 'down' })
const lost = new GatewayError('server_lost', { server: 'one', reason: 'reset' })
const failed = (phase: Phase, error: GatewayError = lost): Outcome => ({
  kind: 'failure',
  error,
  phase,
})

/** A call whose attempts come to these outcomes in turn; the last one again and again. */
function run(
  outcomes: readonly Outcome[],
  isRepeatable: boolean,
  { to = destinationOf(), remainingMs = 60_000 } = {},
) {
  const message = messageOf({ jsonrpc: '2.0', id: 1, method: 'tools/call' })
  const call = callOf(message, { isRepeatable, to })
  const told: Outcome[] = []
  const pauses: number[] = []
  const waiting: (() => void)[] = []
  const step = withRetry({
    now: () => 0,
    wait(ms, then) {
      pauses.push(ms)
      waiting.push(then)
    },
    pauseMs: (attempts) => attempts * 10,
    remainingMs: () => remainingMs,
  })((one, done) => done(outcomes[Math.min(one.attempts, outcomes.length) - 1] ?? reply))
  step(call, (outcome) => told.push(outcome))
  return {
    call,
    told,
    pauses,
    pass: () => waiting.shift()?.(),
    passAll: () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) next()
      return { attempts: call.attempts, outcome: told[0], count: told.length }
    },
  }
}

test.each([
  ['not_sent', false, true],
  ['not_sent', true, true],
  ['maybe_sent', false, false],
  ['maybe_sent', true, true],
  ['answered', false, false],
  ['answered', true, false],
] as const)('%s, repeatable %s: may be sent again %s', (phase, isRepeatable, again) => {
  expect(mayRetry(phase, isRepeatable)).toBe(again)
})

test('only methods that read by the protocol may be repeated without leave', () => {
  const reading = ['server/discover', 'initialize', 'ping', 'resources/read', 'prompts/get']
  const lists = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list']
  const changing = [
    'tools/call',
    'resources/subscribe',
    'logging/setLevel',
    'tasks/cancel',
    'x/list',
  ]

  for (const method of [...reading, ...lists, 'completion/complete', 'tasks/get'])
    expect(isReading(method), method).toBe(true)
  for (const method of changing) expect(isReading(method), method).toBe(false)
})

verifies(
  'call:retry:not-sent',
  'what was never sent is tried three times, then reported so',
  () => {
    for (const isRepeatable of [true, false]) {
      const { passAll, pauses } = run([failed('not_sent', unreachable)], isRepeatable)

      expect(passAll()).toEqual({ attempts: 3, outcome: failed('not_sent', unreachable), count: 1 })
      expect(pauses).toEqual([10, 20])
    }
  },
)

verifies(
  'call:retry:read-only',
  'what may have run is sent again only when that is harmless',
  () => {
    expect(run([failed('maybe_sent')], false).passAll()).toEqual({
      attempts: 1,
      outcome: failed('maybe_sent'),
      count: 1,
    })
    expect(run([failed('maybe_sent')], true).passAll().attempts).toBe(3)
    expect(run([failed('maybe_sent'), reply], true).passAll()).toEqual({
      attempts: 2,
      outcome: reply,
      count: 1,
    })
  },
)

const outcomeOf = (...phases: readonly Phase[]) =>
  run(
    phases.map((phase) => failed(phase, unreachable)),
    true,
  ).passAll()

test('what may have run once is never reported as not executed', () => {
  expect(outcomeOf('maybe_sent', 'not_sent')).toMatchObject({
    attempts: 3,
    outcome: { phase: 'maybe_sent' },
  })
  expect(outcomeOf('not_sent', 'maybe_sent', 'not_sent')).toMatchObject({
    outcome: { phase: 'maybe_sent' },
  })
  expect(outcomeOf('maybe_sent', 'answered')).toMatchObject({
    attempts: 2,
    outcome: { phase: 'answered' },
  })
  expect(outcomeOf('not_sent', 'not_sent')).toMatchObject({ outcome: { phase: 'not_sent' } })
})

test('an answer is an answer, also when it is an error', () => {
  const error = replyOf({ jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'no' } })

  expect(run([error], true).passAll()).toEqual({ attempts: 1, outcome: error, count: 1 })
  expect(run([failed('answered')], true).passAll().attempts).toBe(1)
})

const attemptsWith = (retries: number) =>
  run([failed('not_sent', unreachable)], true, { to: destinationOf({ retries }) }).passAll()
    .attempts

const busy = (retryAfterMs: number) =>
  new GatewayError('server_busy', { server: 'one', status: 429, retryAfterMs })

test('a server is tried as often as its configuration says', () => {
  expect([0, 1, 2, 5].map(attemptsWith)).toEqual([1, 2, 3, 6])
})

test('a program that is not there is not looked for again', () => {
  const missing = new GatewayError('server_unreachable', {
    server: 'one',
    reason: 'there is no such program',
    isLasting: true,
  })

  expect(run([failed('not_sent', missing)], true).passAll().attempts).toBe(1)
})

test('a server that names a time is asked once more, after that time', () => {
  const patient = run([failed('not_sent', busy(2000))], false)

  expect(patient.passAll().attempts).toBe(2)
  expect(patient.pauses).toEqual([2020])
  expect(run([failed('not_sent', busy(3_600_000))], false).passAll().attempts).toBe(1)
})

test('nothing is tried again when the time of the call would be over first', () => {
  const to = destinationOf()

  expect(run([failed('not_sent', unreachable)], true, { to, remainingMs: 5 }).passAll()).toEqual({
    attempts: 1,
    outcome: failed('not_sent', unreachable),
    count: 1,
  })
  expect(to.stats.retriesDeniedByReason).toEqual(new Map([['deadline', 1]]))
})

test('retries end when a server has used up its budget, whoever asks', () => {
  const to = destinationOf()
  const attempts = Array.from(
    { length: 20 },
    () => run([failed('not_sent', unreachable)], true, { to }).passAll().attempts,
  )

  expect(attempts[0]).toBe(3)
  expect(attempts.at(-1)).toBe(1)
  expect(to.stats.retriesDeniedByReason.get('budget')).toBeGreaterThan(10)
})

test('what cannot get better is not tried again', () => {
  const unknown = new GatewayError('server_unknown', { server: 'one' })

  expect(run([failed('not_sent', unknown)], true).passAll().attempts).toBe(1)
})

test('a call given up while it waits for its next attempt ends at once, and only once', () => {
  const { call, told, pass } = run([failed('maybe_sent')], true)
  const reason = new GatewayError('call_cancelled', { reason: 'enough' })

  call.cancel(reason)
  pass()

  expect(told).toEqual([failed('maybe_sent', reason)])
  expect(call.attempts).toBe(1)
})

test('a call that was given up is not sent again', () => {
  const { call, told, pass } = run([failed('not_sent', unreachable)], true)
  call.cancelled = new GatewayError('call_cancelled', { reason: 'enough' })
  pass()
  pass()

  expect(call.attempts).toBe(2)
  expect(told).toHaveLength(1)
})

test('every call is told once, whatever its attempts come to', () => {
  const outcome = fc.constantFrom(
    reply,
    failed('not_sent', unreachable),
    failed('maybe_sent'),
    failed('answered'),
  )
  fc.assert(
    fc.property(
      fc.array(outcome, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (all, repeatable) => {
        const { attempts, count } = run(all, repeatable).passAll()

        expect(count).toBe(1)
        expect(attempts).toBeLessThanOrEqual(3)
      },
    ),
  )
})

const longest = (attempt: number) => jitteredPauseMs(attempt, () => 1)

test('pauses grow with each attempt up to two seconds, with full jitter', () => {
  expect([1, 2, 3, 5, 6, 50].map(longest)).toEqual([100, 200, 400, 1600, 2000, 2000])
  expect(jitteredPauseMs(5, () => 0)).toBe(0)
  expect(jitteredPauseMs(1, () => 0.5)).toBe(50)
})
