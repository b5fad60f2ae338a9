import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

import type { LlmProgram, LlmResult, Permission } from '../contract/llm.ts'
import type { Environment } from '../processes/environment.ts'
import type { Processes } from '../processes/processes.ts'
import { SpawnError } from '../processes/spawn-error.ts'
import type { StartGate } from '../processes/start-gate.ts'
import { runAttempt } from './attempt.ts'
import type { RunRequest } from './check-request.ts'
import { commandLine } from './command-line.ts'
import { createEventReader } from './events/create-reader.ts'
import type { LlmEvent } from './events/event.ts'
import { inTurn } from './in-turn.ts'
import { programEnvironment } from './program-environment.ts'
import { answered, failed } from './result.ts'
import type { RunFacts } from './result.ts'
import { retryDelay } from './retry.ts'
import { openRunFolder } from './run-folder.ts'
import type { RunFolder } from './run-folder.ts'
import type { Attempt, Failed, Told } from './verdict.ts'
import { judge, nothingTold } from './verdict.ts'

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
}

export interface RunWorld {
  readonly processes: Pick<Processes, 'spawn'>
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

interface Progress {
  attempts: number
  told: Told
}

/** Waits for its turn, then starts the program until it answers or has failed for good. It never throws. */
export async function run(spec: RunSpec, gate: StartGate, world: RunWorld): Promise<LlmResult> {
  const startedAt = performance.now()
  const progress: Progress = { attempts: 0, told: nothingTold }
  const facts = (): RunFacts => ({
    runId: spec.runId,
    program: spec.program.name,
    request: spec.request,
    attempts: progress.attempts,
    told: progress.told,
    tookMs: performance.now() - startedAt,
    nowMs: world.now(),
  })
  try {
    const verdict = await inTurn(gate, spec.signal, () => attemptUntilDone(spec, world, progress))
    return verdict.isAnswered ? answered(verdict, facts()) : failed(verdict, facts())
  } catch (error) {
    return failed(failureOf(error, spec), facts())
  }
}

async function attemptUntilDone(spec: RunSpec, world: RunWorld, progress: Progress) {
  const { program } = spec
  spec.begun()
  await using folder = await openRunFolder(world.workFolder, spec.folder, world.owner)
  const place = await prepare(spec, folder, world)
  const until = performance.now() + spec.timeoutMs
  for (;;) {
    progress.attempts += 1
    const leftMs = Math.max(1, until - performance.now())
    const attempt = await start(spec, { ...place, leftMs }, world)
    progress.told = attempt.told
    const verdict = judge(attempt, program)
    if (verdict.isAnswered) return verdict
    const delayMs = retryDelay(verdict, program, {
      attempts: progress.attempts,
      leftMs: until - performance.now(),
      nowMs: world.now(),
      random: world.random(),
    })
    if (delayMs === undefined) return verdict
    spec.hear({ kind: 'retry', reason: verdict.message, delayMs })
    await pause(delayMs, undefined, { signal: spec.signal })
  }
}

interface Prepared {
  readonly words: readonly string[]
  readonly env: Environment
  readonly cwd: string
}

async function prepare(
  { program, request }: RunSpec,
  folder: RunFolder,
  { env }: RunWorld,
): Promise<Prepared> {
  const { prompt, model, session, schema, isJson = false } = request
  const permission: Permission = request.permission ?? 'safe'
  const text = schema && JSON.stringify(schema)
  const words = commandLine(program, {
    prompt,
    isJson,
    permission,
    model,
    session,
    schema: text === undefined ? text : { text, file: await folder.write('schema.json', text) },
  })
  const isOwnFolder = program.cwd === undefined
  return {
    words,
    env: programEnvironment(program, { permission, tmp: folder.tmp, isOwnFolder }, env),
    cwd: program.cwd ?? folder.cwd,
  }
}

function start(
  { program, request, signal, hear, keep }: RunSpec,
  prepared: Prepared & { readonly leftMs: number },
  { processes, now }: RunWorld,
): Promise<Attempt> {
  const reader = createEventReader(program.events, now)
  const spec = { program, ...prepared, input: request.prompt, reader, signal, hear, keep }
  return runAttempt(spec, processes)
}

const missing = new Set(['not_found', 'not_executable', 'not_a_file', 'interpreter_missing'])

/** Why a run did not even get to its end. */
function failureOf(
  error: unknown,
  { signal, request }: RunSpec,
): Pick<Failed, 'failure' | 'message'> {
  if (signal.aborted) return { failure: 'cancelled', message: 'it was cancelled' }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof SpawnError) {
    return { failure: missing.has(error.reason) ? 'missing' : 'failed', message }
  }
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EEXIST'
  if (isTaken && request.session !== undefined) {
    return { failure: 'invalid', message: 'another run goes on with this session' }
  }
  return { failure: 'failed', message }
}
