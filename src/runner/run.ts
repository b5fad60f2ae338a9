import { randomUUID } from 'node:crypto'

import type { CheckValue } from '../contract/check-value.ts'
import type { LlmProgram, LlmResult } from '../contract/llm.ts'
import type { Processes } from '../processes/processes.ts'
import { SpawnError } from '../processes/spawn-error.ts'
import type { StartGate } from '../processes/start-gate.ts'
import type { AskApi } from './api-attempt.ts'
import { problemText, readAnswerJson } from './answer-json.ts'
import type { RunRequest } from './check-request.ts'
import type { LlmEvent } from './events/event.ts'
import { inTurn } from './in-turn.ts'
import { joinTold, repairRequest } from './repair.ts'
import { answered, failed } from './result.ts'
import type { CheckedAnswer, RunFacts } from './result.ts'
import { openRunFolder } from './run-folder.ts'
import { SandboxError } from './sandbox/sandbox.ts'
import type { Sandbox } from './sandbox/sandbox.ts'
import type { OpenTools } from './tool-access.ts'
import { takeTurn } from './turn.ts'
import type { Progress } from './turn.ts'
import type { Failed } from './verdict.ts'
import { nothingTold } from './verdict.ts'

export interface RunSpec {
  readonly runId: string
  readonly program: LlmProgram
  readonly request: RunRequest
  /** The name of the folder it works in. */
  readonly folder: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly begun: () => void
  readonly hear: (event: LlmEvent) => void
  readonly keep: (printed: Buffer) => void
  /** Left out where the program gets no tools. */
  readonly tools?: OpenTools | undefined
}

export interface RunWorld {
  readonly processes: Pick<Processes, 'spawn'>
  readonly checkValue: CheckValue
  readonly sandbox: Sandbox
  readonly askApi: AskApi
  /** Where the folders of runs are. */
  readonly workFolder: string
  /** Whose these are. */
  readonly owner: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  readonly random: () => number
}

/** Ids in the order of time, that nobody can guess. */
export function createRunId(now: number): string {
  return `${now.toString(36).padStart(9, '0')}-${randomUUID().slice(0, 13)}`
}

/** Waits for its turn, then starts the program until it answers or has failed for good. It never throws. */
export async function run(spec: RunSpec, gate: StartGate, world: RunWorld): Promise<LlmResult> {
  const startedAt = performance.now()
  const progress: Progress = { attempts: 0, told: nothingTold }
  const facts = (): RunFacts => ({
    runId: spec.runId,
    program: spec.program.name,
    isApi: spec.program.api !== undefined,
    request: spec.request,
    attempts: progress.attempts,
    told: progress.told,
    tookMs: performance.now() - startedAt,
    nowMs: world.now(),
  })
  try {
    const verdict = await inTurn(gate, spec.signal, () => work(spec, world, progress))
    return verdict.isAnswered ? answered(verdict, facts()) : failed(verdict, facts())
  } catch (error) {
    return failed(failureOf(error, spec), facts())
  }
}

/** Asks once, and once more when the answer is not what was asked for and the caller wants that. */
async function work(
  spec: RunSpec,
  world: RunWorld,
  progress: Progress,
): Promise<Failed | CheckedAnswer> {
  const { program, request, signal } = spec
  const check = (schema: unknown, value: unknown) => world.checkValue(schema, value, signal)
  const problem = await problemOfSchema(request, check)
  if (problem) return problem
  spec.begun()
  await using folder = await openRunFolder(world.workFolder, spec.folder, world.owner)
  // Found out once, which is not the time of whoever comes first.
  if (!program.api) await world.sandbox.holds(program)
  using access = spec.tools?.(spec.runId, spec.timeoutMs)
  const place = { folder, access, until: performance.now() + spec.timeoutMs }

  const verdict = await takeTurn(spec, place, world, progress)
  if (!verdict.isAnswered) return verdict
  const json = await readAnswerJson(verdict, request, check)
  const answer = { ...verdict, json }
  if (!json || json.problems.length === 0) return answer
  const { told } = progress
  const again = repairRequest(request, program, { ...verdict, json }, told.session)
  if (!again) return answer

  spec.hear({ kind: 'retry', reason: `the answer does not fit: ${problemText(json.problems)}` })
  const second = await takeTurn({ ...spec, request: again }, place, world, progress)
  progress.told = joinTold(told, progress.told)
  if (second.isAnswered) {
    return { ...second, json: await readAnswerJson(second, request, check), isRepair: true }
  }
  return second.failure === 'cancelled' ? second : { ...answer, repairFailure: second.message }
}

/** A schema that cannot be used is known before anything is spent. */
async function problemOfSchema(
  { schema }: RunRequest,
  check: (schema: unknown, value: unknown) => ReturnType<CheckValue>,
): Promise<Failed | undefined> {
  if (schema === undefined) return undefined
  const checked = await check(schema, null)
  if (checked.kind !== 'unusable') return undefined
  const { reason, message } = checked
  const isTheirs = reason === 'schema_invalid' || reason === 'schema_too_complex'
  return {
    isAnswered: false,
    failure: isTheirs ? 'invalid' : 'failed',
    message,
    isRefusal: false,
  }
}

const missing = new Set(['not_found', 'not_executable', 'not_a_file', 'interpreter_missing'])

/** Why a run did not even get to its end. */
function failureOf(
  error: unknown,
  { signal, request }: RunSpec,
): Pick<Failed, 'failure' | 'message'> {
  if (signal.aborted) return { failure: 'cancelled', message: 'it was cancelled' }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof SandboxError) return { failure: 'no_sandbox', message }
  if (error instanceof SpawnError) {
    return { failure: missing.has(error.reason) ? 'missing' : 'failed', message }
  }
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EEXIST'
  if (isTaken && request.session !== undefined) {
    return { failure: 'invalid', message: 'another run goes on with this session' }
  }
  return { failure: 'failed', message }
}
