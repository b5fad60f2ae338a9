import type { LlmProgram, LlmResult } from '../contract/llm.ts'
import { SpawnError } from '../processes/spawn-error.ts'
import { createGate } from '../processes/start-gate.ts'
import { runCheck } from './check-program.ts'
import { inTurn } from './in-turn.ts'
import type { RunWorld } from './run.ts'
import { SandboxError } from './sandbox/sandbox.ts'

/** What is known of a program without asking a model anything. */
export interface ProgramStatus {
  readonly name: string
  readonly state: 'ready' | 'logged_out' | 'unknown' | 'missing'
  readonly message: string
  readonly version?: string | undefined
  readonly lastLimit?: LastLimit | undefined
  /** Whether its runs are held in a sandbox. */
  readonly isSandboxed: boolean
}

export interface LastLimit {
  readonly at: string
  readonly error: string
  readonly resetsAt?: string | undefined
}

export interface StatusBoard {
  status(): Promise<readonly ProgramStatus[]>
  noteLimit(program: string, result: LlmResult): void
}

type Checked = Omit<ProgramStatus, 'name' | 'lastLimit' | 'isSandboxed'>

const freshMs = 600_000
/** Some programs take two seconds to print their version; several at once would take longer. */
const checksAtOnce = 2

/** Asks programs for their version and whether they are signed in, at most every ten minutes. */
export function createStatusBoard(
  programs: () => ReadonlyMap<string, LlmProgram>,
  world: RunWorld,
): StatusBoard {
  const known = new WeakMap<
    LlmProgram,
    { readonly at: number; readonly checked: Promise<Checked> }
  >()
  const lastLimits = new Map<string, LastLimit>()
  const gate = createGate(checksAtOnce)

  function look(program: LlmProgram): Promise<Checked> {
    const before = known.get(program)
    if (before && world.now() - before.at < freshMs) return before.checked
    const checked = checkProgram(program)
    known.set(program, { at: world.now(), checked })
    return checked
  }

  async function checkProgram(program: LlmProgram): Promise<Checked> {
    try {
      return await inTurn(gate, undefined, () => check(program, world))
    } catch (error) {
      if (error instanceof SandboxError) return { state: 'unknown', message: error.message }
      if (!(error instanceof SpawnError)) throw error
      const isAway = error.reason === 'not_found'
      return { state: 'missing', message: isAway ? 'not found in PATH' : error.message }
    }
  }

  return {
    status: () =>
      Promise.all(
        [...programs().values()].map(async (program) => ({
          name: program.name,
          ...(await look(program)),
          lastLimit: lastLimits.get(program.name),
          isSandboxed: !program.api && (await world.sandbox.holds(program)),
        })),
      ),
    noteLimit(program, { error = '', resets_at: resetsAt }) {
      lastLimits.set(program, { at: new Date(world.now()).toISOString(), error, resetsAt })
    },
  }
}

async function check(program: LlmProgram, world: RunWorld): Promise<Checked> {
  const { versionArgs, authCheck, api } = program
  if (api) return { state: 'unknown', message: `an API at ${new URL(api.baseUrl).host}; not asked` }
  if (!versionArgs && !authCheck) return { state: 'unknown', message: 'not checked' }
  const said = versionArgs && (await runCheck(program, versionArgs, world))
  const version = said?.output.split('\n', 1)[0]?.trim().slice(0, 100) || undefined
  if (said && said.code !== 0) {
    return { state: 'unknown', version, message: 'it does not tell its version' }
  }
  if (!authCheck) return { state: 'unknown', version, message: 'installed' }
  const { code } = await runCheck(program, authCheck.args, world)
  if (authCheck.signedIn.includes(code)) return { state: 'ready', version, message: 'OK' }
  return authCheck.signedOut.includes(code)
    ? { state: 'logged_out', version, message: 'not signed in' }
    : { state: 'unknown', version, message: 'installed; it does not tell whether it is signed in' }
}
