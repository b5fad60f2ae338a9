import { expect, test } from 'vitest'

import { createCallLog, callIdOf, nonceOf } from './call-log.ts'
import { checkHistory, type Breach, type CheckOptions } from './check-history.ts'
import type { Execution } from './executions.ts'
import type { CallRecord, ChaosEvent, History, Terminal } from './history.ts'

const result: Terminal = { kind: 'result' }
const unknown: Terminal = { kind: 'error', outcome: 'unknown', code: 'server_lost' }
const refused: Terminal = { kind: 'error', outcome: 'not_executed', code: 'server_overloaded' }
const options: CheckOptions = {
  repeatable: new Set(['echo']),
  deadlineMs: 1000,
  callers: 1,
  marginMs: 10,
}

const call = (rest: Partial<CallRecord> = {}): CallRecord => ({
  callId: '1',
  nonce: 'own',
  echoed: 'own',
  transport: 'http',
  server: 'a',
  tool: 'count',
  sentAtMs: 100,
  endedAtMs: 200,
  outcomes: [result],
  ...rest,
})
const ran = (rest: Partial<Execution> = {}): Execution => ({
  callId: '1',
  tool: 'count',
  server: 'a',
  pid: 1,
  atMs: 0,
  ...rest,
})
const kill = (rest: Partial<ChaosEvent> = {}): ChaosEvent => ({
  kind: 'kill',
  servers: ['a'],
  fromMs: 150,
  untilMs: 160,
  ...rest,
})

const check = (history: Partial<History>) =>
  checkHistory({ calls: [call()], executions: [ran()], events: [], ...history }, options)
const breachesOf = (history: Partial<History>): readonly Breach['invariant'][] =>
  check(history).breaches.map(({ invariant }) => invariant)

test('a history in which all went well has no breach, and is counted', () => {
  const calls = [
    call(),
    call({ callId: '2', outcomes: [refused], echoed: undefined }),
    call({ callId: '3', tool: 'tools/list', server: '', echoed: undefined }),
    call({ callId: '4', tool: 'echo' }),
  ]
  const executions = [ran(), ran({ callId: '4', tool: 'echo' }), ran({ callId: '4', tool: 'echo' })]

  expect(check({ calls, executions })).toEqual({
    breaches: [],
    calls: 4,
    results: 3,
    notExecuted: 1,
    unknown: 0,
    lost: 0,
    repeats: 1,
    failures: { 'not_executed server_overloaded': 1 },
  })
})

test('I1 fails for a call that is never answered, answered twice, or answered too late', () => {
  expect(breachesOf({ calls: [call({ outcomes: [], echoed: undefined })] })).toEqual(['I1'])
  expect(breachesOf({ calls: [call({ outcomes: [result, result] })] })).toEqual(['I1'])
  expect(breachesOf({ calls: [call({ endedAtMs: 1101 })] })).toEqual(['I1'])
})

test('I2 fails for an answer that belongs to another call, or to none', () => {
  expect(breachesOf({ calls: [call({ echoed: 'foreign' })] })).toEqual(['I2'])
  expect(breachesOf({ calls: [call({ echoed: undefined })] })).toEqual(['I2'])
})

test('I2 fails for a call that another server or another tool ran, or that nobody made', () => {
  expect(breachesOf({ executions: [ran({ server: 'b' })] })).toEqual(['I2'])
  expect(breachesOf({ executions: [ran({ tool: 'slow' })] })).toEqual(['I2'])
  expect(breachesOf({ executions: [ran(), ran({ callId: 'nobody' })] })).toEqual(['I2'])
})

test('I3 fails for an unsafe tool that ran twice, and not for one that may be repeated', () => {
  expect(breachesOf({ executions: [ran(), ran()] })).toEqual(['I3'])
  const twice = [ran({ tool: 'echo' }), ran({ tool: 'echo' })]
  expect(breachesOf({ calls: [call({ tool: 'echo' })], executions: twice })).toEqual([])
})

test('I3 fails for a result of what never ran, and for what ran though it was said not to have', () => {
  expect(breachesOf({ executions: [] })).toEqual(['I3'])
  expect(breachesOf({ calls: [call({ outcomes: [refused], echoed: undefined })] })).toEqual(['I3'])
})

test('I3 fails for a failure that does not say whether the call ran', () => {
  const unsaid: Terminal = { kind: 'error', outcome: 'unsaid', code: 'odd' }

  expect(breachesOf({ calls: [call({ outcomes: [unsaid], echoed: undefined })] })).toEqual(['I3'])
})

test('I3 fails for doubt without a cause: no event, another time, another server, a harmless one', () => {
  for (const terminal of [unknown, { kind: 'lost', reason: 'reset' } as const]) {
    const calls = [call({ outcomes: [terminal], echoed: undefined })]

    expect(breachesOf({ calls, events: [kill()] })).toEqual([])
    expect(breachesOf({ calls, events: [kill({ fromMs: 80, untilMs: 91 })] })).toEqual([])
    expect(breachesOf({ calls })).toEqual(['I3'])
    expect(breachesOf({ calls, events: [kill({ fromMs: 201, untilMs: 300 })] })).toEqual(['I3'])
    expect(breachesOf({ calls, events: [kill({ fromMs: 50, untilMs: 80 })] })).toEqual(['I3'])
    expect(breachesOf({ calls, events: [kill({ servers: ['b'] })] })).toEqual(['I3'])
    expect(breachesOf({ calls, events: [kill({ servers: [] })] })).toEqual(['I3'])
  }
})

test('I3 fails for an event that leaves more calls in doubt than there were callers', () => {
  const one = call({ outcomes: [unknown], echoed: undefined })
  const events = [kill(), kill({ fromMs: 170, untilMs: 180 })]

  expect(breachesOf({ calls: [one], events })).toEqual([])
  expect(breachesOf({ calls: [one, { ...one, callId: '2' }], events })).toEqual(['I3'])
})

test('I4 fails for a process that is left, and for what is held for calls that have ended', () => {
  expect(breachesOf({ left: { orphans: [], held: { pending: 0 } } })).toEqual([])
  expect(breachesOf({ left: { orphans: ['7 node server'], held: {} } })).toEqual(['I4'])
  expect(breachesOf({ left: { orphans: [], held: { pending: 2 } } })).toEqual(['I4'])
})

test('a log of calls gives back what was written into it, and keeps every ending', () => {
  const log = createCallLog(7)
  const sent = { transport: 'stdio', server: 'a', tool: 'count', sentAtMs: 5 }
  const numbers = Array.from({ length: 70_000 }, () => log.begin(sent))
  const [right = 0, wrong = 0, twice = 0, open = 0] = numbers.slice(69_000)
  log.end(right, result, nonceOf(7, right))
  log.end(wrong, result, nonceOf(7, right))
  log.end(twice, unknown)
  log.end(twice, result)

  const records = [...log.records()]

  expect(records).toHaveLength(70_000)
  expect(records[right]).toMatchObject({ ...sent, callId: callIdOf(7, right), outcomes: [result] })
  expect(records[right]?.echoed).toBe(records[right]?.nonce)
  expect(records[wrong]?.echoed).toBe(records[right]?.nonce)
  expect(records[twice]).toMatchObject({ echoed: undefined, outcomes: [unknown, result] })
  expect(records[open]?.outcomes).toEqual([])
  expect(new Set(records.map(({ nonce }) => nonce)).size).toBe(70_000)
})
