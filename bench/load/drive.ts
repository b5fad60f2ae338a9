import { setTimeout as sleep } from 'node:timers/promises'

import { coreUsageUs, processTree, usageOf, type Usage } from '../process-tree.ts'
import type { Fleet, OnDone } from './fleet.ts'
import type { WindowPlan, WindowResult } from './protocol.ts'
import { firstId } from './request.ts'

/** Puts calls on a fleet and measures one window of them. */
export interface Driver {
  readonly onDone: OnDone
  readonly run: (fleet: Fleet, plan: WindowPlan) => Promise<WindowResult>
}

interface Run {
  readonly fleet: Fleet
  readonly sentAt: Float64Array
  /** Lanes without a call, in the order in which they became free. */
  readonly idle: number[]
  readonly isPaced: boolean
  readonly nextId: () => number
  latenciesMs: Float64Array
  calls: number
  failures: number
  firstFailure: string | undefined
  inFlight: number
  isCounting: boolean
  isSending: boolean
}

const drainMs = 20_000
/** A slow subject is given this long to bring two replies per connection. */
const patienceMs = 6000

export function createDriver(): Driver {
  let id = firstId
  let current: Run | undefined

  return {
    onDone: (lane, failure) => {
      if (current) finish(current, lane, failure)
    },
    async run(fleet, plan) {
      await fleet.connect()
      current = newRun(fleet, plan, () => id++)
      try {
        return await measure(current, plan)
      } finally {
        current = undefined
        fleet.rest()
      }
    },
  }
}

function newRun(fleet: Fleet, { callsPerSecond }: WindowPlan, nextId: () => number): Run {
  return {
    fleet,
    sentAt: new Float64Array(fleet.lanes),
    idle: Array.from({ length: fleet.lanes }, (_, lane) => lane),
    isPaced: callsPerSecond !== undefined,
    nextId,
    latenciesMs: new Float64Array(65_536),
    calls: 0,
    failures: 0,
    firstFailure: undefined,
    inFlight: 0,
    isCounting: false,
    isSending: true,
  }
}

async function measure(run: Run, plan: WindowPlan): Promise<WindowResult> {
  const startedAt = performance.now()
  const stopPacing = run.isPaced ? pace(run, plan.callsPerSecond ?? 1) : undefined
  if (!run.isPaced) for (const lane of run.idle) send(run, lane)

  await sleep(plan.warmUpMs)
  const pids = processTree(run.fleet.pid)
  const coreUs = (): number => (plan.core === undefined ? 0 : coreUsageUs(plan.core))
  const before = usageOf(pids)
  const coreBeforeUs = coreUs()
  const from = performance.now()
  run.isCounting = true
  await sleep(plan.windowMs)
  const wantedCalls = run.isPaced ? 0 : 2 * run.fleet.lanes
  await until(() => run.calls >= wantedCalls || run.inFlight === 0, patienceMs - plan.windowMs)
  const after = usageOf(pids)
  const coreUsedUs = coreUs() - coreBeforeUs
  const seconds = (performance.now() - from) / 1000

  run.isCounting = false
  run.isSending = false
  stopPacing?.()
  await until(() => run.inFlight === 0, drainMs)
  if (run.inFlight > 0) run.firstFailure ??= `${run.inFlight} calls without a reply`
  run.failures += run.inFlight
  return summarise(run, { before, after, coreUsedUs, seconds, startedAt })
}

function send(run: Run, lane: number): void {
  run.inFlight++
  run.sentAt[lane] = performance.now()
  run.fleet.send(lane, run.nextId())
}

function finish(run: Run, lane: number, failure: string | undefined): void {
  run.inFlight--
  if (failure !== undefined) {
    run.failures++
    run.firstFailure ??= failure
  }
  if (run.isCounting) {
    const now = performance.now()
    record(run, now - (run.sentAt[lane] ?? now))
  }
  // A failing connection is not used again: it would fail as fast as it can.
  if (failure !== undefined) return
  if (run.isPaced) run.idle.push(lane)
  else if (run.isSending) send(run, lane)
}

/** Open loop: calls fall due by the clock, whatever the replies do. */
function pace(run: Run, callsPerSecond: number): () => void {
  const startedAt = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * callsPerSecond
    while (sent < due) {
      const lane = run.idle.shift()
      if (lane === undefined) return
      sent++
      send(run, lane)
    }
  }, 1)
  return () => clearInterval(timer)
}

function record(run: Run, latencyMs: number): void {
  if (run.calls === run.latenciesMs.length) {
    const larger = new Float64Array(run.calls * 2)
    larger.set(run.latenciesMs)
    run.latenciesMs = larger
  }
  run.latenciesMs[run.calls++] = latencyMs
}

async function until(isDone: () => boolean, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!isDone() && performance.now() < deadline) await sleep(5)
}

interface Measured {
  readonly before: Usage
  readonly after: Usage
  readonly coreUsedUs: number
  readonly seconds: number
  readonly startedAt: number
}

function summarise(run: Run, measured: Measured): WindowResult {
  const { before, after, coreUsedUs, seconds, startedAt } = measured
  const { calls, failures, firstFailure } = run
  const sorted = run.latenciesMs.subarray(0, calls).toSorted()
  const cpuUs = after.cpuUs - before.cpuUs
  return {
    calls,
    failures,
    ...(firstFailure !== undefined && { firstFailure }),
    seconds,
    callsPerSecond: calls / seconds,
    cpuUsPerCall: cpuUs / calls,
    coreShare: cpuUs / seconds / 1e6,
    othersShare: Math.max(0, coreUsedUs - cpuUs) / seconds / 1e6,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    rssMb: after.rssBytes / 1e6,
    totalMs: performance.now() - startedAt,
  }
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
