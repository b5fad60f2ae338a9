import type { ServerState } from '../../contract/status.ts'
import type { ServerStats } from '../../core/observe/server-stats.ts'

/** All that the metrics page tells, gathered when it is asked for. */
export interface MetricsFacts {
  /** One entry for each configured server. */
  readonly servers: readonly ServerFacts[]
  readonly sessions: number
  /** Calls the gateway refused before it chose a server, by reason: a few words of ours. */
  readonly shed: ReadonlyMap<string, number>
  /** Programs of an earlier run, killed at the start of this one. */
  readonly orphansKilled: number
  /** Which configuration is in use, counted from 1. */
  readonly configGeneration: number
  readonly isLastReloadGood: boolean
  /** Undefined where it is not written down who calls what. */
  readonly audit: AuditFacts | undefined
  readonly process: ProcessFacts
}

export interface ServerFacts {
  readonly name: string
  readonly state: ServerState
  readonly breaker: BreakerState
  /** Calls that wait for their turn. */
  readonly queued: number
  readonly stats: ServerStats
}

export type BreakerState = (typeof breakerStates)[number]
export const breakerStates = ['closed', 'half_open', 'open'] as const

/** How it is with what is written down of calls. */
export interface AuditFacts {
  readonly isWritable: boolean
  readonly waiting: number
  readonly written: number
  readonly lost: number
  readonly refused: number
  readonly breaks: number
}

/** How the gateway's own process is doing. */
export interface ProcessFacts {
  readonly version: string
  readonly residentBytes: number
  readonly heapUsedBytes: number
  readonly cpuSeconds: number
  readonly startTimeSeconds: number
  /** Undefined where the system does not tell. */
  readonly openFds: number | undefined
  readonly eventLoopDelay: EventLoopDelay
}

/** How late the event loop was, lately. */
export interface EventLoopDelay {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}
