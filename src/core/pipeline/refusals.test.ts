import { expect, test } from 'vitest'
import { callOf, destinationOf, messageOf, replyOf } from '../../../test/kit/calls.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import type { FailureCode } from '../../contract/failure.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Destination, Outcome, Phase, Rule } from '../call/call.ts'
import { withAdmission } from './admit.ts'
import { withCircuit } from './circuit.ts'
import { ToolGuard } from './guard.ts'
import { withRates } from './rates.ts'

const message = messageOf({ jsonrpc: '2.0', id: 1, method: 'tools/call' })
const reply = replyOf({ jsonrpc: '2.0', id: 1, result: {} })

/** What a call comes to behind the rule, where the server does this. */
function send(
  rule: Rule,
  to: Destination,
  outcome: Outcome = reply,
  tool?: ToolGuard,
): 'reply' | FailureCode | undefined {
  let told: 'reply' | FailureCode | undefined
  rule((_call, done) => done(outcome))(callOf(message, { to, tool }), (last) => {
    told = last.kind === 'reply' ? 'reply' : last.error.code
  })
  return told
}

const failing = (error: GatewayError, phase: Phase = 'maybe_sent'): Outcome => ({
  kind: 'failure',
  error,
  phase,
})
const lost = failing(new GatewayError('server_lost', { server: 'one', reason: 'reset' }))
const late = failing(new GatewayError('deadline_exceeded', { server: 'one', timeoutMs: 1 }))
const remote = (config: object = {}) => destinationOf({ url: 'http://127.0.0.1:9/mcp', ...config })

verifies(
  'call:limits:rate',
  'what comes more often than a server may be called is refused, and says until when',
  () => {
    let now = 0
    const rule = withRates(() => now)
    const to = destinationOf({ ratePerSecond: 2 })

    expect([1, 2, 3].map(() => send(rule, to))).toEqual(['reply', 'reply', 'rate_limited'])
    now += 500
    expect([1, 2].map(() => send(rule, to))).toEqual(['reply', 'rate_limited'])
    expect(to.stats.shedByReason).toEqual(new Map([['rate', 2]]))
  },
)

verifies(
  'call:limits:rate',
  'a tool with a rate of its own does not use up that of its server',
  () => {
    const rule = withRates(() => 0)
    const to = destinationOf({ ratePerSecond: 5 })
    const tool = new ToolGuard('heavy', { ratePerSecond: 1 })

    expect([1, 2, 3].map(() => send(rule, to, reply, tool))).toEqual([
      'reply',
      'rate_limited',
      'rate_limited',
    ])
    expect([1, 2, 3, 4, 5].map(() => send(rule, to))).toEqual([
      'reply',
      'reply',
      'reply',
      'reply',
      'rate_limited',
    ])
  },
)

verifies(
  'call:limits:total',
  'beyond so many calls under way over all, the next one is refused',
  () => {
    let underway = 0
    const rule = withAdmission(2, () => underway)
    const to = destinationOf()

    expect(send(rule, to)).toBe('reply')
    underway = 2
    expect(send(rule, to)).toBe('overloaded')
    expect(to.stats.shedByReason).toEqual(new Map([['calls', 1]]))
  },
)

verifies('call:breaker', 'an address most calls to which fail is not called any more', () => {
  const rule = withCircuit(() => 0)
  const to = remote()
  const told = Array.from({ length: 15 }, () => send(rule, to, lost))

  expect(told.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'server_lost'))
  expect(told.slice(10)).toEqual(Array.from({ length: 5 }, () => 'server_resting'))
})

const harmless: Readonly<Record<string, Outcome>> = {
  'an error the server answers': replyOf({
    jsonrpc: '2.0',
    id: 1,
    error: { code: 1, message: '' },
  }),
  'a tool that says isError': replyOf({ jsonrpc: '2.0', id: 1, result: { isError: true } }),
  'a caller that gave up': failing(new GatewayError('call_cancelled', { reason: 'enough' })),
  'a full queue': failing(new GatewayError('server_overloaded', { server: 'one', waiting: 1 })),
  'an answer that cannot be relayed': failing(
    new GatewayError('server_answer_invalid', { server: 'one', problem: 'x' }),
  ),
  'credentials that are refused': failing(
    new GatewayError('server_auth', { server: 'one', status: 401 }),
  ),
}

for (const [what, outcome] of Object.entries(harmless)) {
  verifies('call:breaker', `${what} does not count as an outage`, () => {
    const rule = withCircuit(() => 0)
    const to = remote()
    for (let call = 0; call < 50; call++) send(rule, to, outcome)

    expect(send(rule, to)).toBe('reply')
  })
}

test('a program that ended is started again, so its lost calls do not keep the next ones away', () => {
  const rule = withCircuit(() => 0)
  const to = destinationOf()
  for (let call = 0; call < 50; call++) send(rule, to, lost)
  expect(send(rule, to)).toBe('reply')

  for (let call = 0; call < 60; call++) send(rule, to, late)
  expect(send(rule, to)).toBe('server_resting')
})

test('without a breaker everything is tried', () => {
  const rule = withCircuit(() => 0)
  const to = remote({ breaker: false })
  for (let call = 0; call < 50; call++) send(rule, to, lost)

  expect(send(rule, to)).toBe('reply')
})
