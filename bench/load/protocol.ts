/** What the runner asks of the load process, and what it hears back, over the IPC channel. */

export type Era = 'legacy' | 'modern'

/** Where the load goes: a door over HTTP (new or old transport) or a program on stdio. */
export type Target =
  | { readonly kind: 'streamable' | 'sse'; readonly url: string; readonly pid: number }
  | { readonly kind: 'stdio'; readonly argv: readonly string[]; readonly env: Env }

export type Env = Readonly<Record<string, string>>

export interface Traffic {
  readonly era: Era
  readonly method: 'tools/call' | 'tools/list'
  /** Length of the echoed text. */
  readonly sizeBytes: number
  readonly connections: number
  /** How many legacy sessions the connections share; one each when left out. */
  readonly sessions?: number
  /** The tool to call; found by its ending in `echo` when left out. */
  readonly tool?: string
}

export interface WindowPlan {
  readonly warmUpMs: number
  readonly windowMs: number
  /** Open loop at this rate; closed loop when left out. */
  readonly callsPerSecond?: number
  /** The core that the subject is pinned to. */
  readonly core?: number
}

export interface WindowResult {
  readonly calls: number
  readonly failures: number
  readonly firstFailure?: string
  readonly seconds: number
  readonly callsPerSecond: number
  readonly cpuUsPerCall: number
  /** How much of one core the subject used. */
  readonly coreShare: number
  /** How much of the subject's core was used by others; 0 where nothing is pinned. */
  readonly othersShare: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMb: number
  /** The whole time the window took with warm-up and drain. */
  readonly totalMs: number
}

export interface StreamPlan {
  readonly sessions: number
  readonly streams: number
}

export interface StreamResult {
  readonly rssBeforeBytes: number
  readonly rssWithSessionsBytes: number
  readonly rssWithStreamsBytes: number
  readonly sessions: number
  readonly streams: number
}

export type Command =
  | {
      readonly do: 'open'
      readonly key: string
      readonly target: Target
      readonly traffic: Traffic
    }
  | { readonly do: 'window'; readonly key: string; readonly plan: WindowPlan }
  | { readonly do: 'streams'; readonly target: Target; readonly plan: StreamPlan }
  | { readonly do: 'close'; readonly key: string }

export type Request = Command & { readonly seq: number }

export interface Response {
  readonly seq: number
  readonly error?: string
  readonly opened?: { readonly pid: number }
  readonly window?: WindowResult
  readonly streams?: StreamResult
}
