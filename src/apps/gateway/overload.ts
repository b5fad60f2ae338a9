import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { GatewayError } from '../../contract/gateway-error.ts'
import type { Shedding } from '../../core/pipeline/shedding.ts'
import { createShedding, memoryLimit } from '../../core/pipeline/shedding.ts'
import { tooBusy } from '../../surfaces/door/refusal.ts'

/** Watches how the gateway's own process is doing, and turns requests away while it is the bottleneck. */
export interface Overload extends Disposable {
  /** Whether anything is turned away at the moment. */
  readonly isOn: boolean
  /** Why a new request is not taken; undefined when it is. */
  refuse(method: string): GatewayError | undefined
  /** How late work has begun lately. */
  readonly lateMs: number
  /** What was turned away since the start, by reason. */
  readonly shed: ReadonlyMap<string, number>
  /** Counts what somebody else turned away. */
  count(reason: string): void
}

const sampleMs = 250
const resolutionMs = 10
const percentile = 99
const perMs = 1e6
const collectMs = 5000

const said = {
  event_loop: 'it is behind with its work',
  memory: 'its memory is almost used up',
} as const

export function watchOverload(limitMs: number): Overload {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  const shedding: Shedding = createShedding({ limitMs, random: Math.random })
  const shed = new Map<string, number>()
  const granted = process.constrainedMemory()
  let lateMs = 0
  let collectedAt = -collectMs

  function sample(): void {
    const now = performance.now()
    // What is measured includes the pause between two measurements itself.
    lateMs = Math.max(0, delay.percentile(percentile) / perMs - resolutionMs)
    delay.reset()
    const part = memoryPart(granted)
    shedding.observe({ lateMs, memoryPart: part }, now)
    // With nothing taken in, little is allocated, and what is garbage already would be counted for ever.
    if (part < memoryLimit || now - collectedAt < collectMs) return
    collectedAt = now
    collect()
  }

  function count(reason: string): void {
    shed.set(reason, (shed.get(reason) ?? 0) + 1)
  }

  delay.enable()
  const timer = setInterval(sample, sampleMs).unref()
  return {
    get isOn() {
      return shedding.isOn
    },
    refuse(method) {
      const reason = shedding.refuses(method)
      if (reason === undefined) return undefined
      count(reason)
      return tooBusy(said[reason])
    },
    get lateMs() {
      return lateMs
    },
    shed,
    count,
    [Symbol.dispose]() {
      clearInterval(timer)
      delay.disable()
    },
  }
}

/** The fuller of two: the heap of this program, and what the system grants all of it. */
function memoryPart(grantedBytes: number): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  const resident = grantedBytes > 0 ? residentBytes() / grantedBytes : 0
  return Math.max(used / limit, resident)
}

function residentBytes(): number {
  try {
    return process.memoryUsage.rss()
  } catch {
    // The system tells it in a file, and there may be no file descriptor left to read that.
    return 0
  }
}

function collect(): void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof gc === 'function') gc()
}
