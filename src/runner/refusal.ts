import type { LlmConfig, LlmProgram, RunFailure } from '../contract/llm.ts'
import { nearest } from '../kit/nearest.ts'
import type { RunRequest } from './check-request.ts'
import { problemOf } from './check-request.ts'
import { failed } from './result.ts'
import { createRunId } from './run.ts'
import { createRecord } from './run-handle.ts'
import type { Run } from './run-handle.ts'
import { nothingTold } from './verdict.ts'

export interface Refusal {
  readonly failure: RunFailure
  readonly message: string
}

export type Admission = Refusal | { readonly program: LlmProgram }

/** The program of a request, or why it is not run; `underWay` counts the runs of a program that have not ended. */
export function admit(
  request: RunRequest,
  programs: ReadonlyMap<string, LlmProgram>,
  settings: Pick<LlmConfig, 'permission'>,
  underWay: (program: string) => number,
): Admission {
  const program = programs.get(request.program)
  if (!program) return unknownProgram(request.program, [...programs.keys()])
  const problem = problemOf(request, program, settings.permission)
  if (problem !== undefined) return { failure: 'invalid', message: problem }
  const waiting = underWay(program.name) - program.maxConcurrent
  return waiting >= program.maxQueued
    ? { failure: 'queue_full', message: `${waiting} runs wait already` }
    : { program }
}

function unknownProgram(name: string, names: readonly string[]): Refusal {
  const meant = nearest(name, names)
  const advice = meant === undefined ? `There are ${names.join(', ')}` : `Did you mean "${meant}"?`
  return { failure: 'invalid', message: `no program has this name. ${advice}` }
}

const nothing = () => undefined

/** A run that came to its end before it began; it is not written down. */
export function refused(request: RunRequest, refusal: Refusal, now: number): Run {
  const runId = createRunId(now)
  const { record, change } = createRecord({ runId, model: request.program, now })
  const result = failed(refusal, {
    runId,
    program: request.program,
    request,
    attempts: 0,
    tookMs: 0,
    nowMs: now,
    told: nothingTold,
  })
  change({ state: 'failed', ended_at: record().started_at, result })
  return { id: runId, done: Promise.resolve(result), record, cancel: nothing, lose: nothing }
}
