import type { LlmResult, RunRecord } from '../contract/llm.ts'
import type { LlmEvent } from './events/event.ts'

/** A run from its request to its result. */
export interface Run {
  readonly id: string
  /** Settles when nothing of it is left; it never rejects. */
  readonly done: Promise<LlmResult>
  readonly record: () => RunRecord
  readonly cancel: () => void
}

export interface RunOptions {
  /** Cancels the run when its caller has gone. */
  readonly signal?: AbortSignal | undefined
  readonly hear?: (event: LlmEvent) => void
}

/** The record of a run, which changes while it runs. */
export interface LiveRecord {
  readonly record: () => RunRecord
  readonly change: (changed: Partial<RunRecord>) => void
}

export function createRecord(runId: string, model: string, now: number): LiveRecord {
  let record: RunRecord = {
    run_id: runId,
    model,
    state: 'queued',
    started_at: new Date(now).toISOString(),
  }
  return {
    record: () => record,
    change: (changed) => void (record = { ...record, ...changed }),
  }
}
