import { join } from 'node:path'

import type { LlmConfig, LlmProgram, RunFailure, RunRecord } from '../contract/llm.ts'
import type { Processes } from '../processes/processes.ts'
import { createGate } from '../processes/start-gate.ts'
import type { StartGate } from '../processes/start-gate.ts'
import type { RunRequest } from './check-request.ts'
import { beginLife } from './life.ts'
import { openJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { admit, refused } from './refusal.ts'
import type { RunWorld } from './run.ts'
import type { Run, RunOptions } from './run-handle.ts'
import { sweepRunFolders } from './run-folder.ts'
import { sessionEntry, startRun } from './start-run.ts'
import { createStatusBoard } from './status.ts'
import type { ProgramStatus } from './status.ts'

export interface RunnerOptions {
  readonly settings: Omit<LlmConfig, 'programs'>
  readonly programs: ReadonlyMap<string, LlmProgram>
  readonly processes: Pick<Processes, 'spawn'>
  /** Where runs are written down and have their folders. */
  readonly folder: string
  /** Our own environment, of which a program gets what is declared for it. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onProblem: (problem: unknown) => void
  readonly now?: () => number
  readonly random?: () => number
}

/** Runs LLM programs, so many of each at once; disposing of it ends all of them. */
export interface Runner extends AsyncDisposable {
  readonly programs: ReadonlyMap<string, LlmProgram>
  start(request: RunRequest, options?: RunOptions): Run
  /** Whether there was such a run to cancel. */
  cancel(runId: string): boolean
  /** The last ones first. */
  runs(limit: number): Promise<readonly RunRecord[]>
  read(runId: string): Promise<RunRecord | undefined>
  /** What the program of a run printed. */
  printed(runId: string): Promise<string>
  /** The run in which a session was last heard of. */
  findSession(session: string): Promise<RunRecord | undefined>
  status(): Promise<readonly ProgramStatus[]>
}

const limits = new Set<RunFailure | undefined>(['rate_limit', 'usage_limit', 'overloaded'])

export function createRunner(options: RunnerOptions): Runner {
  const { programs, settings, processes, env, now = Date.now, random = Math.random } = options
  const workFolder = join(options.folder, 'work')
  const { onProblem } = options
  const life = beginLife(join(options.folder, 'lives'), onProblem)
  const world: RunWorld = { processes, workFolder, owner: life.id, env, now, random }
  const runs = join(options.folder, 'runs')
  const journal = openJournal({ ...settings, folder: runs, life, onProblem })
  const board = createStatusBoard(programs, world)
  const gateOf = createGates()
  const active = new Map<string, Run>()
  const swept = life.begun.then(() => sweepRunFolders(workFolder, life, now())).catch(onProblem)

  function start(request: RunRequest, given: RunOptions = {}): Run {
    const underWay = (name: string) =>
      [...active.values()].filter(({ record }) => record().model === name).length
    const admission = admit(request, programs, settings, underWay)
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
    programs,
    start,
    cancel: (runId) => cancelAll([active.get(runId)]) > 0,
    ...createReading(journal, active),
    status: () => board.status(),
    async [Symbol.asyncDispose]() {
      const running = [...active.values()]
      cancelAll(running)
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
    async runs(limit) {
      const entries = await journal.list(limit)
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
    const gate = gates.get(name) ?? createGate(maxConcurrent)
    gates.set(name, gate)
    return gate
  }
}
