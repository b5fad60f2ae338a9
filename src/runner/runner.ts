import { join } from 'node:path'

import type { CheckValue } from '../contract/check-value.ts'
import type { LlmConfig, LlmProgram, RunFailure, RunRecord } from '../contract/llm.ts'
import type { Processes } from '../processes/processes.ts'
import { createGate } from '../processes/start-gate.ts'
import type { StartGate } from '../processes/start-gate.ts'
import type { AskApi } from './api-attempt.ts'
import type { RunRequest } from './check-request.ts'
import { beginLife } from './life.ts'
import { openJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { admit, refused } from './refusal.ts'
import type { RunWorld } from './run.ts'
import type { Run, RunOptions } from './run-handle.ts'
import { sweepRunFolders } from './run-folder.ts'
import { createSandbox } from './sandbox/sandbox.ts'
import { sessionEntry, startRun } from './start-run.ts'
import { createStatusBoard } from './status.ts'
import type { ProgramStatus } from './status.ts'

export interface RunnerOptions {
  readonly settings: Omit<LlmConfig, 'programs'>
  readonly programs: ReadonlyMap<string, LlmProgram>
  readonly processes: Pick<Processes, 'spawn'>
  /** Says whether an answer fits the schema of its caller. */
  readonly checkValue: CheckValue
  /** Asks those programs that are none but APIs. */
  readonly askApi: AskApi
  /** Where runs are written down and have their folders. */
  readonly folder: string
  /** Files and folders of ours that a program in a sandbox does not see. */
  readonly hide?: readonly string[]
  /** Our own environment, of which a program gets what is declared for it. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onProblem: (problem: unknown) => void
  readonly now?: () => number
  readonly random?: () => number
}

/** Runs LLM programs, so many of each at once; disposing of it ends all of them. */
export interface Runner extends AsyncDisposable {
  readonly programs: ReadonlyMap<string, LlmProgram>
  /** Goes over to other programs and settings; what runs goes on as it began. */
  use(next: Pick<RunnerOptions, 'settings' | 'programs'>): void
  start(request: RunRequest, options?: RunOptions): Run
  /** Whether there was such a run to cancel. */
  cancel(runId: string): boolean
  /** The last ones first, of those that are wanted. */
  runs(limit: number, isWanted?: (record: RunRecord) => boolean): Promise<readonly RunRecord[]>
  read(runId: string): Promise<RunRecord | undefined>
  /** What the program of a run printed. */
  printed(runId: string): Promise<string>
  /** The run in which a session was last heard of. */
  findSession(session: string): Promise<RunRecord | undefined>
  status(): Promise<readonly ProgramStatus[]>
}

const limits = new Set<RunFailure | undefined>(['rate_limit', 'usage_limit', 'overloaded'])

export function createRunner(options: RunnerOptions): Runner {
  const { processes, checkValue, askApi, env, now = Date.now, random = Math.random } = options
  let { programs, settings } = options
  const workFolder = join(options.folder, 'work')
  const { onProblem } = options
  const life = beginLife(join(options.folder, 'lives'), onProblem)
  const use = () => settings.sandbox
  const sandbox = createSandbox({ processes, env, use, hide: options.hide ?? [] })
  const world: RunWorld = {
    processes,
    checkValue,
    sandbox,
    askApi,
    workFolder,
    owner: life.id,
    env,
    now,
    random,
  }
  const runs = join(options.folder, 'runs')
  const journal = openJournal({ folder: runs, life, bounds: () => settings, onProblem })
  const board = createStatusBoard(() => programs, world)
  const gateOf = createGates()
  const active = new Map<string, Run>()
  const swept = life.begun.then(() => sweepRunFolders(workFolder, life, now())).catch(onProblem)

  function start(request: RunRequest, given: RunOptions = {}): Run {
    const underWay = (name: string) =>
      [...active.values()].filter(({ record }) => record().model === name).length
    const asked = { ...request, hasTools: given.tools !== undefined }
    const admission = admit(asked, programs, settings, underWay)
    if (!('program' in admission)) return refused(request, admission, now())
    const { program } = admission
    const { maxTimeoutMs } = settings
    const run = startRun(program, request, given, {
      world,
      journal,
      swept,
      maxTimeoutMs,
      gate: gateOf(program),
    })
    active.set(run.id, run)
    void forgetOnceDone(run, program.name)
    return run
  }

  async function forgetOnceDone({ id, done }: Run, program: string): Promise<void> {
    const result = await done
    active.delete(id)
    if (limits.has(result.error_class)) board.noteLimit(program, result)
  }

  return {
    get programs() {
      return programs
    },
    use(next) {
      ;({ programs, settings } = next)
    },
    start,
    cancel: (runId) => cancelAll([active.get(runId)]) > 0,
    ...createReading(journal, active),
    status: () => board.status(),
    async [Symbol.asyncDispose]() {
      const running = [...active.values()]
      for (const { lose } of running) lose()
      await Promise.all([swept, ...running.map(({ done }) => done)])
      await life[Symbol.asyncDispose]()
    },
  }
}

/** How many there were to cancel. */
function cancelAll(runs: readonly (Run | undefined)[]): number {
  const there = runs.filter((run) => run !== undefined)
  for (const { cancel } of there) cancel()
  return there.length
}

/** What goes on now is newer than what was written down of it. */
function createReading(
  journal: Journal,
  active: ReadonlyMap<string, Run>,
): Pick<Runner, 'runs' | 'read' | 'printed' | 'findSession'> {
  return {
    async runs(limit, isWanted = () => true) {
      const entries = await journal.list(limit, ({ record }) => isWanted(record))
      return entries.map(({ record }) => active.get(record.run_id)?.record() ?? record)
    },
    read: async (runId) => active.get(runId)?.record() ?? (await journal.read(runId))?.record,
    printed: (runId) => journal.printed(runId),
    findSession: async (session) => (await sessionEntry(journal, session))?.record,
  }
}

function createGates(): (program: LlmProgram) => StartGate {
  const gates = new Map<string, StartGate>()
  return ({ name, maxConcurrent }) => {
    const key = `${maxConcurrent} ${name}`
    const gate = gates.get(key) ?? createGate(maxConcurrent)
    gates.set(key, gate)
    return gate
  }
}
