import { ServerState } from '../../contract/status.ts'
import type { DurationHistogram } from '../../core/observe/duration-histogram.ts'
import { durationBoundsMs } from '../../core/observe/duration-histogram.ts'
import type { ServerStats } from '../../core/observe/server-stats.ts'
import type { Exposition, MetricType, Samples } from './exposition.ts'
import type { ServerFacts } from './facts.ts'
import { breakerStates } from './facts.ts'

/** What is told of each server by one number. */
const numbers: readonly (readonly [
  name: string,
  type: MetricType,
  help: string,
  read: (server: ServerFacts) => number,
])[] = [
  ['gantry_inflight', 'gauge', 'Calls under way.', ({ stats }) => stats.inFlight],
  ['gantry_queue_depth', 'gauge', 'Calls that wait for their turn.', ({ queued }) => queued],
  ['gantry_retry_total', 'counter', 'Calls sent again.', ({ stats }) => stats.retries],
  [
    'gantry_late_reply_total',
    'counter',
    'Answers to calls that had been given up.',
    ({ stats }) => stats.lateReplies,
  ],
  [
    'gantry_forged_reply_total',
    'counter',
    'Answers to what was never asked.',
    ({ stats }) => stats.forgedReplies,
  ],
  [
    'gantry_unreadable_total',
    'counter',
    'Messages of servers that could not be read.',
    ({ stats }) => stats.unreadable,
  ],
  [
    'gantry_child_restarts_total',
    'counter',
    'How often a server was started again after it ended.',
    ({ stats }) => stats.restarts,
  ],
  [
    'gantry_breaker_openings_total',
    'counter',
    'How often a server was left alone because its calls failed on the way.',
    ({ stats }) => stats.breakerOpenings,
  ],
  [
    'gantry_tool_changes_total',
    'counter',
    'How often a tool was found not to be what it was.',
    ({ stats }) => stats.toolChanges,
  ],
  [
    'gantry_waiting_tools',
    'gauge',
    'Tools that are not what they were when they were found good.',
    ({ stats }) => stats.waitingTools,
  ],
  [
    'gantry_left_out_entries',
    'gauge',
    'Tools, prompts and resources that a server offers and nobody is shown.',
    ({ stats }) => stats.leftOut,
  ],
]

export function printServers(page: Exposition, servers: readonly ServerFacts[]): void {
  const calls = page.metric('gantry_calls_total', 'counter', 'Calls that ended, by outcome.')
  for (const { name, stats } of servers) {
    calls(stats.results, { server: name, outcome: 'result' })
    calls(stats.errors, { server: name, outcome: 'error' })
    calls(stats.failures, { server: name, outcome: 'failure' })
  }
  printOutcomes(page, servers)
  for (const [name, type, help, read] of numbers) {
    const sample = page.metric(name, type, help)
    for (const server of servers) sample(read(server), { server: server.name })
  }
  const denied = page.metric(
    'gantry_retry_denied_total',
    'counter',
    'Failed calls that were not sent again, by reason.',
  )
  for (const { name, stats } of servers) {
    for (const [reason, count] of stats.retriesDeniedByReason)
      denied(count, { server: name, reason })
  }
  printStates(page, servers)
  const durations = page.metric(
    'gantry_call_duration_seconds',
    'histogram',
    'How long calls took, with their waiting and all their attempts.',
  )
  for (const { name, stats } of servers) printDurations(durations, name, stats.durations)
}

function printOutcomes(page: Exposition, servers: readonly ServerFacts[]): void {
  const outcomes = page.metric(
    'gantry_outcome_total',
    'counter',
    'Calls that ended, by what they came to and how far they had got.',
  )
  const answered = (name: string, { results, errors }: ServerStats) => {
    outcomes(results, { server: name, outcome: 'result', phase: 'answered' })
    outcomes(errors, { server: name, outcome: 'error', phase: 'answered' })
  }
  for (const { name, stats } of servers) {
    answered(name, stats)
    for (const [outcome, phases] of stats.failuresByCode) {
      for (const [phase, count] of Object.entries(phases))
        if (count > 0) outcomes(count, { server: name, outcome, phase })
    }
  }
}

/** One series for each state, of which one is 1. */
function printStates(page: Exposition, servers: readonly ServerFacts[]): void {
  const child = page.metric('gantry_child_state', 'gauge', 'The state a server is in: 1.')
  for (const { name, state } of servers) {
    for (const one of ServerState.options)
      child(one === state ? 1 : 0, { server: name, state: one })
  }
  const breaker = page.metric('gantry_breaker_state', 'gauge', 'The state a breaker is in: 1.')
  for (const { name, breaker: state } of servers) {
    for (const one of breakerStates) breaker(one === state ? 1 : 0, { server: name, state: one })
  }
}

function printDurations(sample: Samples, server: string, histogram: DurationHistogram): void {
  let count = 0
  for (const [index, boundMs] of durationBoundsMs.entries()) {
    count += histogram.buckets[index] ?? 0
    sample(count, { server, le: String(boundMs / 1000) }, '_bucket')
  }
  sample(histogram.count, { server, le: '+Inf' }, '_bucket')
  sample(histogram.sumMs / 1000, { server }, '_sum')
  sample(histogram.count, { server }, '_count')
}
