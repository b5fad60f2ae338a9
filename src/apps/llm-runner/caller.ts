import type { LlmResult, RunRecord } from '../../contract/llm.ts'
import type { RunRequest } from '../../runner/check-request.ts'
import type { Run, RunOptions } from '../../runner/run-handle.ts'
import type { Runner } from '../../runner/runner.ts'
import type { OpenTools } from '../../runner/tool-access.ts'

/** Whoever needs no key. */
export const localPrincipal = 'local'

/** Which tools a call wants to give a program: all that its caller may use, or some of them. */
export type ToolsWanted =
  | true
  | {
      readonly profile?: string | undefined
      readonly servers?: readonly string[] | undefined
    }

/** Who asks for runs, and what they may do with those of others. */
export interface LlmCaller {
  readonly principal: string
  readonly seesAll: boolean
  readonly endsAll: boolean
  /** Whether a run may go on when they have gone. */
  readonly mayDetach: boolean
  /** The way to these tools, or why there is none. */
  readonly toolsFor: (wanted: ToolsWanted) => OpenTools | string
}

/** The person whose runs these are, without a gateway. */
export const ownCaller: LlmCaller = {
  principal: localPrincipal,
  seesAll: true,
  endsAll: true,
  mayDetach: true,
  toolsFor: () => 'there is no gateway here whose tools it could be given',
}

export interface Asked extends RunRequest {
  readonly tools?: ToolsWanted | undefined
}

/** The runs that one caller may know of: all others are answered like those that are not there. */
export interface CallerRuns {
  /** A text says why there is no run. */
  start(asked: Asked, options?: Pick<RunOptions, 'signal' | 'hear'>): Promise<Run | string>
  list(limit: number): Promise<readonly RunRecord[]>
  read(runId: string): Promise<RunRecord | undefined>
  /** What the program of a run printed. */
  printed(runId: string): Promise<string>
  /** Whether there was such a run to cancel. */
  cancel(runId: string): Promise<boolean>
  /** The run in which a session was last heard of. */
  findSession(session: string): Promise<RunRecord | undefined>
}

export function runsOf(runner: Runner, caller: LlmCaller): CallerRuns {
  const { principal } = caller
  const isOwn = ({ principal: owner = localPrincipal }: RunRecord) =>
    owner === principal || owner.endsWith(` of ${principal}`)
  const isShown = (record: RunRecord) => caller.seesAll || isOwn(record)

  async function read(runId: string): Promise<RunRecord | undefined> {
    const record = await runner.read(runId)
    return record && isShown(record) ? record : undefined
  }

  /** A session belongs to whoever began it; one that nobody here began may be anybody's. */
  async function mayGoOn(session: string): Promise<boolean> {
    const record = await runner.findSession(session)
    return record ? caller.endsAll || isOwn(record) : caller.endsAll
  }

  return {
    read,
    list: (limit) => runner.runs(limit, isShown),
    async start({ tools: wanted, ...request }, options = {}) {
      const { session } = request
      if (session !== undefined && !(await mayGoOn(session))) return unknownSession(session)
      const tools = wanted === undefined ? undefined : caller.toolsFor(wanted)
      if (typeof tools === 'string') return tools
      return runner.start(request, { ...options, principal, tools })
    },
    printed: async (runId) => ((await read(runId)) ? runner.printed(runId) : ''),
    async cancel(runId) {
      const record = await read(runId)
      return record !== undefined && (caller.endsAll || isOwn(record)) && runner.cancel(runId)
    },
    async findSession(session) {
      const record = await runner.findSession(session)
      return record && isShown(record) ? record : undefined
    },
  }
}

export function unknownSession(session: string): string {
  const known = JSON.stringify(session.slice(0, 100))
  return `No run here has the session ${known}. Name the program in \`model\` if it began elsewhere.`
}

/** What is told of a run that goes on by itself. */
export function underWay({ id, record }: Run): LlmResult {
  const { model, state } = record()
  return {
    success: true,
    model,
    run_id: id,
    state: state === 'running' ? 'running' : 'queued',
    attempts: 0,
  }
}
