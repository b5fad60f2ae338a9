import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { EventLoopDelay, ProcessFacts } from '../../surfaces/metrics/facts.ts'
import { version } from './version.ts'

/** Watches how this process is doing. */
export interface ProcessWatch extends Disposable {
  readonly facts: () => ProcessFacts
}

const resolutionMs = 20
/** What is further back than this is not "lately". */
const windowMs = 60_000

export function watchProcess(now: () => number): ProcessWatch {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  let since = now()

  function eventLoopDelay(): EventLoopDelay {
    const delay = {
      p50Ms: lateMs(histogram.percentile(50)),
      p99Ms: lateMs(histogram.percentile(99)),
      maxMs: lateMs(histogram.max),
    }
    if (now() - since > windowMs) {
      histogram.reset()
      since = now()
    }
    return delay
  }

  return {
    facts() {
      const { rss, heapUsed } = process.memoryUsage()
      const { user, system } = process.cpuUsage()
      return {
        version,
        residentBytes: rss,
        heapUsedBytes: heapUsed,
        cpuSeconds: (user + system) / 1e6,
        startTimeSeconds: performance.timeOrigin / 1000,
        openFds: countFds(),
        eventLoopDelay: eventLoopDelay(),
      }
    },
    [Symbol.dispose]: () => void histogram.disable(),
  }
}

/** The histogram holds the time between two looks, of which one resolution is meant to pass. */
function lateMs(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - resolutionMs)
}

function countFds(): number | undefined {
  try {
    // Listing them takes one more.
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    // Not every system tells.
    return undefined
  }
}
