import type { Execution } from './executions.ts'

/** How a call ended, as its caller saw it. */
export type Terminal =
  | { readonly kind: 'result' }
  | {
      readonly kind: 'error'
      /** What the answer says about whether the call ran. */
      readonly outcome: 'not_executed' | 'unknown' | 'unsaid'
      readonly code: string
    }
  /** The caller's own connection broke before an answer came. */
  | { readonly kind: 'lost'; readonly reason: string }

export interface CallSent {
  readonly transport: string
  /** Empty for what the gateway answers by itself. */
  readonly server: string
  /** The tool, or the method of what is no call of a tool. */
  readonly tool: string
  readonly sentAtMs: number
}

/** One call, from the side of its caller. */
export interface CallRecord extends CallSent {
  readonly callId: string
  readonly nonce: string
  /** The nonce that came back; undefined where none can. */
  readonly echoed: string | undefined
  readonly endedAtMs: number
  /** Exactly one when all is well. */
  readonly outcomes: readonly Terminal[]
}

/** Something that was done to the system on purpose. */
export interface ChaosEvent {
  readonly kind: string
  /** The servers whose calls may be lost through it; none for what must not be felt. */
  readonly servers: readonly string[]
  readonly fromMs: number
  readonly untilMs: number
}

/** All that is known of a run. */
export interface History {
  readonly calls: Iterable<CallRecord>
  readonly executions: Iterable<Execution>
  readonly events: readonly ChaosEvent[]
  /** What was left when everything had ended. */
  readonly left?: Leftovers
}

export interface Leftovers {
  /** Processes that outlived what started them. */
  readonly orphans: readonly string[]
  /** Calls that the gateway still holds though all callers have their answer; by the name of where. */
  readonly held: Readonly<Record<string, number>>
}
