import { expect, test } from 'vitest'
import { callerOf, callOf, destinationOf, messageOf, replyOf } from '../../../test/kit/calls.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Done, Outcome } from '../call/call.ts'
import { ToolGuard } from './guard.ts'
import { withTurn } from './turn.ts'

const message = messageOf({ jsonrpc: '2.0', id: 1, method: 'tools/call' })
const reply = replyOf({ jsonrpc: '2.0', id: 1, result: {} })
const lost: Outcome = {
  kind: 'failure',
  error: new GatewayError('server_lost', { server: 'one', reason: 'reset' }),
  phase: 'maybe_sent',
}

const callFrom = (principal: string) => ({ caller: callerOf('modern', { principal }) })

/** A server that answers when the test says so. */
function serve(config: object) {
  const to = destinationOf(config)
  const working: { readonly name: string; readonly done: Done }[] = []
  const told: string[] = []
  const step = withTurn((call, done) => void working.push({ name: call.spec.server, done }))
  return {
    to,
    working,
    told,
    call(name: string, rest: object = {}) {
      const call = callOf(message, { server: name, to, ...rest })
      step(call, (outcome) => {
        told.push(`${name} ${outcome.kind === 'reply' ? 'reply' : outcome.error.code}`)
      })
      return call
    },
  }
}

test('calls beyond the bound wait, and each that ends lets the next one go', () => {
  const server = serve({ maxConcurrent: 2 })
  for (const name of ['a', 'b', 'c', 'd']) server.call(name)
  expect(server.working.map(({ name }) => name)).toEqual(['a', 'b'])

  server.working[0]?.done(reply)
  expect(server.working.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  expect(server.to.guard.bulkhead.queued).toBe(1)
  for (const { done } of server.working.slice(1)) done(reply)
  server.working[3]?.done(reply)

  expect(server.told).toEqual(['a reply', 'b reply', 'c reply', 'd reply'])
  expect(server.to.guard.bulkhead.running).toBe(0)
})

test('when too many wait, the next one is told so at once', () => {
  const server = serve({ maxConcurrent: 1, maxQueued: 1 })
  for (const name of ['a', 'b', 'c']) server.call(name)

  expect(server.told).toEqual(['c server_overloaded'])
})

test('who gives up while waiting leaves the queue, and nothing of that call is sent', () => {
  const server = serve({ maxConcurrent: 1 })
  server.call('a')
  const waiting = server.call('b')
  server.call('c')
  waiting.cancel(new GatewayError('call_cancelled', { reason: 'enough' }))
  server.working[0]?.done(reply)

  expect(server.told).toEqual(['b call_cancelled', 'a reply'])
  expect(server.working.map(({ name }) => name)).toEqual(['a', 'c'])
})

test('a tool with a bound of its own does not hold up the other tools of its server', () => {
  const server = serve({ maxConcurrent: 3 })
  const tool = new ToolGuard('heavy', { maxConcurrent: 1 })
  for (const name of ['heavy 1', 'heavy 2', 'heavy 3']) server.call(name, { tool })
  server.call('light')

  expect(server.working.map(({ name }) => name)).toEqual(['heavy 1', 'light'])
})

test('turns go round between principals', () => {
  const server = serve({ maxConcurrent: 1 })
  server.call('first')
  for (const name of ['greedy 1', 'greedy 2', 'greedy 3']) server.call(name, callFrom('greedy'))
  server.call('modest', callFrom('modest'))
  for (let turn = 0; turn < 5; turn++) server.working[turn]?.done(reply)

  expect(server.told).toEqual([
    'first reply',
    'greedy 1 reply',
    'modest reply',
    'greedy 2 reply',
    'greedy 3 reply',
  ])
})

test('ten thousand that wait and fail at once are all told', () => {
  const to = destinationOf({ maxConcurrent: 1, maxQueued: 10_000 })
  let finishFirst: Done | undefined
  let told = 0
  const step = withTurn((_call, done) => {
    if (finishFirst) done(lost)
    else finishFirst = done
  })
  for (let call = 0; call <= 10_000; call++) step(callOf(message, { to }), () => told++)
  finishFirst?.(lost)

  expect(told).toBe(10_001)
  expect(to.guard.bulkhead.running).toBe(0)
})
