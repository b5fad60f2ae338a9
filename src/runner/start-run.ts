import type { LlmProgram, LlmResult, RunRecord } from '../contract/llm.ts'
import type { StartGate } from '../processes/start-gate.ts'
import type { RunRequest } from './check-request.ts'
import type { Journal } from './journal.ts'
import type { JournalEntry } from './journal-files.ts'
import { createRunId, run } from './run.ts'
import type { RunSpec, RunWorld } from './run.ts'
import { lost } from './result.ts'
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
  const ending = new AbortController()
  const now = world.now()
  const id = createRunId(now)
  const { principal, tools } = options
  const live = createRecord({ runId: id, model: program.name, principal, now })
  let isLost = false
  const spec: Omit<RunSpec, 'folder' | 'begun' | 'hear'> = {
    runId: id,
    program,
    request,
    timeoutMs: Math.min(request.timeoutMs ?? categoryMs[program.category], deps.maxTimeoutMs),
    signal: options.signal ? AbortSignal.any([options.signal, ending.signal]) : ending.signal,
    keep: (printed) => journal.keep(id, printed),
    tools,
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
    const ended = await run(
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
    const isEndedByUs = isLost && ended.error_class === 'cancelled'
    const result = isEndedByUs ? { ...ended, ...lost(program.name) } : ended
    const endedAt = new Date(world.now()).toISOString()
    live.change({ state: result.success ? 'done' : 'failed', result, ended_at: endedAt })
    await write()
    return result
  }

  const cancel = () => ending.abort()
  const lose = () => {
    isLost = true
    cancel()
  }
  return { id, done: execute(), record: live.record, cancel, lose }
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
