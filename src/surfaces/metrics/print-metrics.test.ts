import { expect, test } from 'vitest'
import { replyOf } from '../../../test/kit/calls.ts'
import { parseMetrics, valueOf } from '../../../test/observe/prometheus.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { ServerStats } from '../../core/observe/server-stats.ts'
import type { MetricsFacts, ServerFacts } from './facts.ts'
import { printMetrics } from './print-metrics.ts'

const server = (name: string, rest: Partial<ServerFacts> = {}): ServerFacts => ({
  name,
  state: 'ready',
  breaker: 'closed',
  queued: 0,
  stats: new ServerStats(),
  ...rest,
})

const read = (servers: readonly ServerFacts[], rest: Partial<MetricsFacts> = {}) =>
  parseMetrics(
    printMetrics({
      servers,
      sessions: 3,
      shed: new Map(),
      orphansKilled: 2,
      configGeneration: 4,
      isLastReloadGood: false,
      audit: undefined,
      process: {
        version: '1.2.3',
        residentBytes: 100,
        heapUsedBytes: 50,
        cpuSeconds: 1.5,
        startTimeSeconds: 1e9,
        openFds: 20,
        eventLoopDelay: { p50Ms: 1, p99Ms: 20, maxMs: 300 },
      },
      ...rest,
    }),
  )

test('every call of every server is told by its outcome, phase and time', () => {
  const stats = new ServerStats()
  const lost = new GatewayError('server_lost', { server: 'one', reason: 'reset' })
  for (let call = 0; call < 4; call++) stats.began()
  stats.ended(replyOf({ jsonrpc: '2.0', id: 1, result: {} }), 3)
  stats.ended(replyOf({ jsonrpc: '2.0', id: 1, error: { code: 1, message: '' } }), 40)
  stats.ended({ kind: 'failure', error: lost, phase: 'maybe_sent' }, 1e9)
  const page = read([server('one', { stats, queued: 7 }), server('two')])

  const one = { server: 'one' }
  for (const outcome of ['result', 'error', 'failure'])
    expect(valueOf(page, 'gantry_calls_total', { ...one, outcome })).toBe(1)
  expect(
    page.get('gantry_outcome_total')?.samples.filter(({ labels }) => labels['server'] === 'one'),
  ).toMatchObject([
    { labels: { outcome: 'result', phase: 'answered' }, value: 1 },
    { labels: { outcome: 'error', phase: 'answered' }, value: 1 },
    { labels: { outcome: 'server_lost', phase: 'maybe_sent' }, value: 1 },
  ])
  expect(valueOf(page, 'gantry_inflight', one)).toBe(1)
  expect(valueOf(page, 'gantry_queue_depth', one)).toBe(7)
  const durations = page.get('gantry_call_duration_seconds')?.samples ?? []
  const bucket = (le: string) =>
    durations.find(({ labels }) => labels['server'] === 'one' && labels['le'] === le)?.value
  expect([bucket('0.002'), bucket('0.005'), bucket('0.05'), bucket('300'), bucket('+Inf')]).toEqual(
    [0, 1, 2, 2, 3],
  )
  expect(valueOf(page, 'gantry_calls_total', { server: 'two', outcome: 'result' })).toBe(0)
})

test('of the states of a server and of its breaker exactly one is 1', () => {
  const page = read([server('one', { state: 'failed', breaker: 'half_open' })])

  for (const [name, state] of [
    ['gantry_child_state', 'failed'],
    ['gantry_breaker_state', 'half_open'],
  ] as const) {
    const samples = page.get(name)?.samples ?? []
    expect(samples.length).toBeGreaterThan(2)
    expect(samples.filter(({ value }) => value === 1).map(({ labels }) => labels['state'])).toEqual(
      [state],
    )
  }
})

test('what was refused is told by reason, by one server or by the gateway', () => {
  const stats = new ServerStats()
  stats.shed('rate')
  stats.retryDenied('budget')
  const page = read([server('one', { stats })], { shed: new Map([['event_loop', 5]]) })

  expect(page.get('gantry_shed_total')?.samples).toMatchObject([
    { labels: { reason: 'event_loop' }, value: 5 },
    { labels: { server: 'one', reason: 'rate' }, value: 1 },
  ])
  expect(valueOf(page, 'gantry_retry_denied_total', { reason: 'budget' })).toBe(1)
})

test('the gateway tells how it is itself, in base units', () => {
  const page = read([])

  for (const [name, value, labels] of [
    ['gantry_sessions', 3],
    ['gantry_orphans_killed_total', 2],
    ['gantry_config_generation', 4],
    ['gantry_config_last_reload_success', 0],
    ['gantry_build_info', 1, { version: '1.2.3' }],
    ['gantry_eventloop_delay_seconds', 0.001, { stat: 'p50' }],
    ['gantry_eventloop_delay_seconds', 0.02, { stat: 'p99' }],
    ['gantry_eventloop_delay_seconds', 0.3, { stat: 'max' }],
    ['process_resident_memory_bytes', 100],
    ['nodejs_heap_size_used_bytes', 50],
    ['process_open_fds', 20],
    ['process_cpu_seconds_total', 1.5],
  ] as const) {
    expect(valueOf(page, name, labels), name).toBe(value)
  }
})

test('any text can be the value of a label and comes back as it was', () => {
  const names = ['a"b', 'back\\slash', 'line\nbreak', '\\n', 'a",x="1', 'ünï 漢 😀', '{}', '']
  const page = read(names.map((name) => server(name)))

  const shown = page.get('gantry_inflight')?.samples.map(({ labels }) => labels['server'])
  expect(shown).toEqual(names)
})
