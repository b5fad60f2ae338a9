import { setTimeout as sleep } from 'node:timers/promises'

import { processTree, usageOf, type Usage } from '../process-tree.ts'
import type { Fleet, OnDone } from './fleet.ts'
import type { WindowPlan, WindowResult } from './protocol.ts'
import { firstId } from './request.ts'

/** Puts calls on a fleet and measures one window of them. */
export interface Driver {
  readonly onDone: OnDone
  run(fleet: Fleet, plan: WindowPlan): Promise<WindowResult>
}

interface Tally {
  latenciesMs: Float64Array
  calls: number
  failures: number
  firstFailure: string | undefined
  endedAt: number
}

const drainMs = 20_000
/** A slow subject is given this long to bring two replies per connection. */
const patienceMs = 6000

export function createDriver(): Driver {
  let nextId = firstId
  let finished: OnDone = () => undefined

  return {
    onDone: (lane, failure) => finished(lane, failure),
    async run(fleet, plan) {
      await fleet.connect()
      const startedAt = performance.now()
      const sentAt = new Float64Array(fleet.lanes)
      const tally: Tally = {
        latenciesMs: new Float64Array(65_536),
        calls: 0,
        failures: 0,
        firstFailure: undefined,
        endedAt: 0,
      }
      const idle: number[] = Array.from({ length: fleet.lanes }, (_, lane) => lane)
      const isPaced = plan.callsPerSecond !== undefined
      let inFlight = 0
      let isSending = true
      let isCounting = false

      const send = (lane: number): void => {
        inFlight++
        sentAt[lane] = performance.now()
        fleet.send(lane, nextId++)
      }
      finished = (lane, failure) => {
        inFlight--
        const now = performance.now()
        if (failure !== undefined) {
          tally.failures++
          tally.firstFailure ??= failure
        }
        if (isCounting) {
          record(tally, now - (sentAt[lane] ?? now))
          tally.endedAt = now
        }
        // A failing connection is not used again: it would fail as fast as it can.
        if (failure !== undefined) return
        if (isPaced) idle.push(lane)
        else if (isSending) send(lane)
      }
      const stopPacing = isPaced ? pace(plan.callsPerSecond ?? 1, idle, send) : undefined
      if (!isPaced) for (const lane of idle) send(lane)

      await sleep(plan.warmUpMs)
      const pids = processTree(fleet.pid)
      const before = usageOf(pids)
      const from = performance.now()
      isCounting = true
      await sleep(plan.windowMs)
      const wantedCalls = isPaced ? 0 : 2 * fleet.lanes
      while (tally.calls < wantedCalls && inFlight > 0) {
        if (performance.now() - from > patienceMs) break
        await sleep(20)
      }
      const after = usageOf(pids)
      const seconds = (performance.now() - from) / 1000
      isCounting = false
      isSending = false
      stopPacing?.()
      await drained(() => inFlight === 0)
      const stuck = inFlight
      fleet.rest()
      if (stuck > 0) tally.firstFailure ??= `${stuck} calls without a reply`
      tally.failures += stuck
      return summarise(tally, { before, after, seconds, startedAt })
    },
  }
}

/** Open loop: calls fall due by the clock, whatever the replies do. */
function pace(callsPerSecond: number, idle: number[], send: (lane: number) => void): () => void {
  const startedAt = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * callsPerSecond
    while (sent < due) {
      const lane = idle.shift()
      if (lane === undefined) return
      sent++
      send(lane)
    }
  }, 1)
  return () => clearInterval(timer)
}

function record(tally: Tally, latencyMs: number): void {
  if (tally.calls === tally.latenciesMs.length) {
    const larger = new Float64Array(tally.calls * 2)
    larger.set(tally.latenciesMs)
    tally.latenciesMs = larger
  }
  tally.latenciesMs[tally.calls++] = latencyMs
}

async function drained(isDone: () => boolean): Promise<void> {
  const deadline = performance.now() + drainMs
  while (!isDone() && performance.now() < deadline) await sleep(5)
}

interface Measured {
  readonly before: Usage
  readonly after: Usage
  readonly seconds: number
  readonly startedAt: number
}

function summarise(tally: Tally, { before, after, seconds, startedAt }: Measured): WindowResult {
  const { calls, failures, firstFailure } = tally
  const sorted = tally.latenciesMs.subarray(0, calls).sort()
  const cpuUs = after.cpuUs - before.cpuUs
  return {
    calls,
    failures,
    ...(firstFailure !== undefined && { firstFailure }),
    seconds,
    callsPerSecond: calls / seconds,
    cpuUsPerCall: cpuUs / calls,
    coreShare: cpuUs / seconds / 1e6,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    rssMb: after.rssBytes / 1e6,
    totalMs: performance.now() - startedAt,
  }
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
