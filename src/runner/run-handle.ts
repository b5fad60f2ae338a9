import type { LlmResult, RunRecord } from '../contract/llm.ts'
import type { LlmEvent } from './events/event.ts'
import type { OpenTools } from './tool-access.ts'

/** A run from its request to its result. */
export interface Run {
  readonly id: string
  /** Settles when nothing of it is left; it never rejects. */
  readonly done: Promise<LlmResult>
  readonly record: () => RunRecord
  readonly cancel: () => void
  /** Ends it because its runner ends, which the result says. */
  readonly lose: () => void
}

export interface RunOptions {
  /** Cancels the run when its caller has gone. */
  readonly signal?: AbortSignal | undefined
  readonly hear?: (event: LlmEvent) => void
  /** Who asks for it. */
  readonly principal?: string | undefined
  /** Opens the way to tools for the program. */
  readonly tools?: OpenTools | undefined
}

/** The record of a run, which changes while it runs. */
export interface LiveRecord {
  readonly record: () => RunRecord
  readonly change: (changed: Partial<RunRecord>) => void
}

export interface NewRecord extends Pick<RunRecord, 'model' | 'principal'> {
  readonly runId: string
  readonly now: number
}

export function createRecord({ runId, model, principal, now }: NewRecord): LiveRecord {
  let record: RunRecord = {
    run_id: runId,
    model,
    ...(principal !== undefined && { principal }),
    state: 'queued',
    started_at: new Date(now).toISOString(),
  }
  return {
    record: () => record,
    change: (changed) => void (record = { ...record, ...changed }),
  }
}
