import { expect, test } from 'vitest'
import { callerOf, callOf, destinationOf, messageOf, replyOf } from '../../../test/kit/calls.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { createMessageReader } from '../../wire/message.ts'
import type { Done, Outcome, RoutedSpec } from '../call/call.ts'
import { createOnce } from './once.ts'

const keepMs = 600_000

/** A server that answers when the test says so, behind the rule. */
function serve() {
  let now = 0
  const once = createOnce({
    now: () => now,
    digest: (text) => text,
    read: createMessageReader(),
  })
  const to = destinationOf()
  const executed: { readonly server: string; readonly done: Done }[] = []
  const step = once.rule((call, done) => {
    executed.push({ server: call.spec.server, done })
  })
  return {
    once,
    executed,
    pass: (ms: number) => void (now += ms),
    call(key: unknown, args: object = {}, rest: Partial<RoutedSpec> = {}) {
      const params = { name: 'pay', arguments: args, _meta: { 'gantry/idempotencyKey': key } }
      const message = messageOf({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
      const call = callOf(message, { to, ...rest })
      const told: Outcome[] = []
      step(call, (outcome) => told.push(outcome))
      return { call, told }
    },
  }
}

const paid = replyOf({
  jsonrpc: '2.0',
  id: 7,
  result: { content: [{ type: 'text', text: 'paid' }] },
})
const textOf = (outcome: Outcome | undefined) =>
  outcome?.kind === 'reply' ? outcome.reply.bytes.toString() : outcome?.error.code
const lost: Outcome = {
  kind: 'failure',
  error: new GatewayError('server_lost', { server: 'one', reason: 'reset' }),
  phase: 'maybe_sent',
}
const unsent: Outcome = {
  kind: 'failure',
  error: new GatewayError('server_unreachable', { server: 'one', reason: 'down' }),
  phase: 'not_sent',
}

verifies('call:idempotency-key', 'one that is sent again while it runs joins it', () => {
  const server = serve()
  const first = server.call('k', { sum: 1 })
  const second = server.call('k', { sum: 1 })
  server.executed[0]?.done(paid)

  expect(server.executed).toHaveLength(1)
  expect(first.told.map(textOf)).toEqual([textOf(paid)])
  expect(second.told.map(textOf)).toEqual([textOf(paid)])
})

verifies('call:idempotency-key', 'one that is sent again later is told what it came to', () => {
  const server = serve()
  server.call('k')
  server.executed[0]?.done(paid)
  server.pass(keepMs - 1)

  expect(server.call('k').told.map(textOf)).toEqual([textOf(paid)])
  server.pass(2)
  server.call('k')
  expect(server.executed).toHaveLength(2)
})

verifies('call:idempotency-key', 'other arguments under the same key are refused', () => {
  const server = serve()
  server.call('k', { sum: 1 })

  expect(server.call('k', { sum: 2 }).told).toMatchObject([
    { error: { code: 'idempotency_conflict' }, phase: 'not_sent' },
  ])
})

verifies(
  'call:idempotency-key',
  'nobody else meets a key: it counts for its principal and tool',
  () => {
    const server = serve()
    server.call('k')
    server.call('k', {}, { caller: callerOf('modern', { principal: 'other' }) })
    server.call('k', {}, { target: '"refund"' })
    server.call('other')

    expect(server.executed).toHaveLength(4)
  },
)

verifies(
  'call:idempotency-key',
  'what did not run may be tried again, what may have run is not',
  () => {
    const server = serve()
    const first = server.call('k')
    const joined = server.call('k')
    server.executed[0]?.done(unsent)
    expect(first.told).toEqual([unsent])
    expect(joined.told).toMatchObject([{ phase: 'not_sent' }])

    server.call('k')
    server.executed[1]?.done(lost)
    expect(server.call('k').told).toEqual([lost])
    expect(server.executed).toHaveLength(2)
  },
)

test('one that joined and gives up does not end the call of the first', () => {
  const server = serve()
  const first = server.call('k')
  const second = server.call('k')
  second.call.cancel(new GatewayError('call_cancelled', { reason: 'enough' }))
  server.executed[0]?.done(paid)

  expect(second.told).toMatchObject([{ error: { code: 'call_cancelled' }, phase: 'maybe_sent' }])
  expect(first.told.map(textOf)).toEqual([textOf(paid)])
})

test.each([[7], [null], [{}], ['x'.repeat(257)]])('the key %j is refused', (key) => {
  expect(serve().call(key).told).toMatchObject([{ error: { code: 'params_invalid' } }])
})

test('what is kept is let go of after its time', () => {
  const server = serve()
  server.call('k')
  server.executed[0]?.done(paid)
  expect(server.once.size).toBe(1)
  server.pass(keepMs + 1)
  server.once.sweep()

  expect(server.once.size).toBe(0)
})
