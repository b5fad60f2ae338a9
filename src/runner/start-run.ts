import type { LlmProgram, LlmResult, RunRecord } from '../contract/llm.ts'
import type { StartGate } from '../processes/start-gate.ts'
import type { RunRequest } from './check-request.ts'
import type { Journal } from './journal.ts'
import type { JournalEntry } from './journal-files.ts'
import { createRunId, run } from './run.ts'
import type { RunSpec, RunWorld } from './run.ts'
import { createRecord } from './run-handle.ts'
import type { Run, RunOptions } from './run-handle.ts'

export interface StartDeps {
  readonly world: RunWorld
  readonly journal: Journal
  readonly gate: StartGate
  readonly maxTimeoutMs: number
  /** Resolves when what killed runners left is removed. */
  readonly swept: Promise<void>
}

const categoryMs = { quick: 60_000, normal: 300_000, long: 600_000, extended: 1_800_000 } as const

/** Begins a run, which goes on by itself and is written down with all that becomes of it. */
export function startRun(
  program: LlmProgram,
  request: RunRequest,
  options: RunOptions,
  deps: StartDeps,
): Run {
  const { world, journal, gate } = deps
  const ended = new AbortController()
  const live = createRecord(createRunId(world.now()), program.name, world.now())
  const id = live.record().run_id
  const spec: Omit<RunSpec, 'folder' | 'begun' | 'hear'> = {
    runId: id,
    program,
    request,
    timeoutMs: Math.min(request.timeoutMs ?? categoryMs[program.category], deps.maxTimeoutMs),
    signal: options.signal ? AbortSignal.any([options.signal, ended.signal]) : ended.signal,
    keep: (printed) => journal.keep(id, printed),
  }

  async function execute(): Promise<LlmResult> {
    await deps.swept
    const folder = (await sessionEntry(journal, request.session))?.folder ?? id
    const write = () => journal.write({ record: live.record(), folder, runner: world.owner })
    const change = (changed: Partial<RunRecord>) => {
      live.change(changed)
      void write()
    }
    void write()
    const result = await run(
      {
        ...spec,
        folder,
        begun: () => change({ state: 'running' }),
        hear(event) {
          if (event.kind === 'start') change({ session_id: event.session })
          options.hear?.(event)
        },
      },
      gate,
      world,
    )
    const endedAt = new Date(world.now()).toISOString()
    live.change({ state: result.success ? 'done' : 'failed', result, ended_at: endedAt })
    await write()
    return result
  }

  return { id, done: execute(), record: live.record, cancel: () => ended.abort() }
}

/** How far back a session is looked for. */
const sessionRuns = 1000

/** The run in which a session was last heard of. Programs look for a session in the folder where it began. */
export async function sessionEntry(
  journal: Journal,
  session: string | undefined,
): Promise<JournalEntry | undefined> {
  if (session === undefined) return undefined
  const entries = await journal.list(sessionRuns)
  return entries.find(
    ({ record }) => record.session_id === session || record.result?.session_id === session,
  )
}
