import { checkHistory, type Verdict } from '../history/check-history.ts'
import { createCallLog } from '../history/call-log.ts'
import { readExecutions } from '../history/executions.ts'
import type { ChaosEvent } from '../history/history.ts'
import { createHttpLane } from '../load/http-lane.ts'
import type { Lane } from '../load/lane.ts'
import { runLoad } from '../load/load.ts'
import { createRandom } from '../load/random.ts'
import { openStdioLanes } from '../load/stdio-lanes.ts'
import { startChaosBed, type ChaosBed } from './bed.ts'
import { runChaos, type ChaosKind } from './chaos.ts'
import { censusOf, heldIn, type Census } from './held.ts'
import { orphansOf } from './orphans.ts'
import { openListeners } from './listeners.ts'

export interface ChaosRunOptions {
  readonly seed: number
  readonly calls: number
  readonly events: number
  /** Callers of each kind; each has one call under way. */
  readonly callers?: { readonly legacy: number; readonly modern: number; readonly stdio: number }
  /** The run takes at least so long: callers rest in between. */
  readonly minutes?: number
  readonly kinds?: readonly ChaosKind[]
  /** Ends the run early; what was done until then is checked all the same. */
  readonly signal?: AbortSignal
  /** Called with the bed once it stands; what it gives is disposed of when the load is over. */
  readonly watch?: (bed: ChaosBed) => Disposable
}

export interface ChaosReport extends Verdict {
  readonly seed: number
  readonly seconds: number
  readonly events: readonly ChaosEvent[]
  /** How many notifications each listening client heard. */
  readonly heard: readonly number[]
  /** What the gateway held before the load and after it; empty where it does not say. */
  readonly census: { readonly before: Census; readonly after: Census }
}

const timeoutMs = 20_000
/** Longer than any call may take: what is not answered by then was lost. */
const patienceMs = timeoutMs + 10_000

/** Load and chaos together, and what the checker says of it. */
export async function runChaosLoad(options: ChaosRunOptions): Promise<ChaosReport> {
  const { seed, calls, events: eventCount, kinds, signal } = options
  await using undo = new AsyncDisposableStack()
  // Shedding depends on how busy the machine is otherwise; here every call shall be taken.
  const config = { limits: { eventLoopDelayMs: 0 } }
  const bed = undo.use(await startChaosBed({ timeoutMs, config }))
  const lanes = await openLanes(bed, options)
  lanes.forEach((lane) => undo.use(lane))
  const listeners = undo.use(openListeners(bed.gateway.url, 4))
  const before = await censusOf(bed.gateway)
  const log = createCallLog(seed)
  const startedAt = performance.now()
  const pace = paceOf(options, startedAt)
  let isChaosOver = false

  const watching = options.watch?.(bed)
  const chaos = runChaos({
    bed,
    random: createRandom(seed),
    count: eventCount,
    progress: () => (signal?.aborted === true ? undefined : log.count() / calls),
    ...(kinds && { kinds }),
  }).finally(() => (isChaosOver = true))
  const load = runLoad({
    seed,
    log,
    servers: bed.names,
    lanes,
    goesOn: () => signal?.aborted !== true && (log.count() < calls || !isChaosOver),
    restMs: () => pace(log.count()),
  })
  const [events] = await Promise.all([chaos, load])
  watching?.[Symbol.dispose]()

  const seconds = (performance.now() - startedAt) / 1000
  const left = { held: await heldIn(bed.gateway, before), orphans: await orphansOf(bed) }
  const executions = readExecutions(bed.executionLog)
  const verdict = checkHistory(
    { calls: log.records(), executions, events, left },
    {
      repeatable: new Set(['echo', 'add_idempotent']),
      deadlineMs: timeoutMs + 5000,
      callers: lanes.length,
      // A machine that is busy with other things notices the end of a process late.
      marginMs: 2000,
    },
  )
  const census = { before, after: await censusOf(bed.gateway) }
  return { seed, seconds, events, heard: [...listeners.heard()], census, ...verdict }
}

async function openLanes(bed: ChaosBed, { callers }: ChaosRunOptions): Promise<Lane[]> {
  const { legacy, modern, stdio } = callers ?? { legacy: 14, modern: 14, stdio: 4 }
  const over = (era: 'legacy' | 'modern', count: number): Lane[] =>
    Array.from({ length: count }, () => createHttpLane({ url: bed.gateway.url, era, patienceMs }))
  const through = stdio > 0 ? await openStdioLanes(stdio, { ...bed.program, patienceMs }) : []
  return [...over('legacy', legacy), ...over('modern', modern), ...through]
}

/** How long a caller rests after a call so that the run takes as long as it shall. */
function paceOf({ calls, minutes = 0 }: ChaosRunOptions, startedAt: number) {
  const wholeMs = minutes * 60_000
  return (made: number): number => {
    if (wholeMs === 0) return 0
    const aheadMs = (made / calls) * wholeMs - (performance.now() - startedAt)
    return Math.min(1000, Math.max(0, aheadMs))
  }
}
