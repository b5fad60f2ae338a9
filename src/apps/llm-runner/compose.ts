import { join, resolve } from 'node:path'

import type { LlmConfig, LlmProgram } from '../../contract/llm.ts'
import { createProcesses } from '../../processes/processes.ts'
import { resolvePrograms } from '../../runner/resolve-programs.ts'
import type { Runner } from '../../runner/runner.ts'
import { createRunner } from '../../runner/runner.ts'
import { createSchemaChecker } from '../../schemas/checker.ts'
import { createApiWays } from './ask-api.ts'

export interface LlmSettings {
  readonly llm: LlmConfig
  /** Folders that programs work in count from here. */
  readonly baseFolder: string
}

export interface LlmOptions extends LlmSettings {
  /** Where everything of ours is kept that can be deleted at any time. */
  readonly stateFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What no program has to see besides the state: the file of the configuration. */
  readonly hide?: readonly string[]
  /** Told what is wrong, and that all the rest works. */
  readonly warn: (problem: unknown) => void
}

/** A runner whose configuration may change. */
export interface ComposedRunner extends Runner {
  reconfigure(settings: LlmSettings): void
}

/** With these a run that nobody wants any more is gone within two seconds, whatever it is doing. */
const times = { graceMs: 1000, termMs: 600 }

/** Joins the runner with the programs of the configuration; disposing of it ends all of them. */
export async function composeRunner(options: LlmOptions): Promise<ComposedRunner> {
  const { stateFolder, env, warn, hide = [] } = options
  await using undo = new AsyncDisposableStack()
  const processes = undo.use(
    createProcesses({
      // Each program gets its whole environment from the runner.
      baseEnv: {},
      ledgerFolder: join(stateFolder, 'instances'),
      onProblem: warn,
      times,
    }),
  )
  await processes.sweep()
  const schemas = undo.use(createSchemaChecker())
  const apis = undo.use(createApiWays())
  const runner = undo.use(
    createRunner({
      ...programsOf(options, warn),
      processes,
      checkValue: schemas.check,
      askApi: apis.ask,
      folder: join(stateFolder, 'llm'),
      hide: [stateFolder, ...hide],
      env,
      onProblem: warn,
    }),
  )
  const cleanup = undo.move()
  return {
    ...runner,
    get programs() {
      return runner.programs
    },
    reconfigure: (settings) => runner.use(programsOf(settings, warn)),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

function programsOf({ llm, baseFolder }: LlmSettings, warn: LlmOptions['warn']) {
  const { programs: configured, ...settings } = llm
  const { programs, problems } = resolvePrograms(configured)
  for (const problem of problems) warn(problem)
  return { settings, programs: withFolders(programs, baseFolder) }
}

function withFolders(
  programs: ReadonlyMap<string, LlmProgram>,
  base: string,
): ReadonlyMap<string, LlmProgram> {
  return new Map(
    [...programs].map(([name, program]) => [
      name,
      program.cwd === undefined ? program : { ...program, cwd: resolve(base, program.cwd) },
    ]),
  )
}
