import { expect, test } from 'vitest'
import { replyOf } from '../../../test/kit/calls.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { durationBoundsMs } from './duration-histogram.ts'
import { ServerStats } from './server-stats.ts'

const result = replyOf({ jsonrpc: '2.0', id: 1, result: {} })
const error = replyOf({ jsonrpc: '2.0', id: 1, error: { code: 1, message: '' } })
const lost = new GatewayError('server_lost', { server: 'one', reason: 'reset' })
const stopping = new GatewayError('stopping', undefined)

test('each call is counted once, by what it came to', () => {
  const stats = new ServerStats()
  for (let call = 0; call < 6; call++) stats.began()
  stats.ended(result, 1)
  stats.ended(error, 1)
  stats.ended({ kind: 'failure', error: lost, phase: 'maybe_sent' }, 1)
  stats.ended({ kind: 'failure', error: lost, phase: 'not_sent' }, 1)
  stats.ended({ kind: 'failure', error: stopping, phase: 'not_sent' }, 1)

  expect(stats).toMatchObject({ begun: 6, inFlight: 1, results: 1, errors: 1, failures: 3 })
  expect(Object.fromEntries(stats.failuresByCode)).toEqual({
    server_lost: { not_sent: 1, maybe_sent: 1, answered: 0 },
    stopping: { not_sent: 1, maybe_sent: 0, answered: 0 },
  })
})

test('a duration falls into the first bucket that holds it, its bound included', () => {
  const { durations } = new ServerStats()
  const longest = durationBoundsMs.at(-1) ?? 0
  for (const ms of [0, 1, 1.01, longest, longest + 1]) durations.add(ms)

  expect(durations.buckets[0]).toBe(2)
  expect(durations.buckets[1]).toBe(1)
  expect(durations.buckets.at(-1)).toBe(1)
  expect(durations.buckets.reduce((sum, count) => sum + count)).toBe(4)
  expect(durations).toMatchObject({ count: 5, sumMs: 2 * longest + 3.01 })
})

test('refusals and noise are counted by their kind', () => {
  const stats = new ServerStats()
  for (const reason of ['rate', 'breaker', 'rate']) stats.shed(reason)
  stats.retryDenied('budget')
  for (const kind of ['late', 'late', 'forged', 'unreadable'] as const) stats.noise(kind)

  expect(Object.fromEntries(stats.shedByReason)).toEqual({ rate: 2, breaker: 1 })
  expect(Object.fromEntries(stats.retriesDeniedByReason)).toEqual({ budget: 1 })
  expect(stats).toMatchObject({ lateReplies: 2, forgedReplies: 1, unreadable: 1 })
})
