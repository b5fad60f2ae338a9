import { join, resolve } from 'node:path'

import type { LlmConfig, LlmProgram } from '../../contract/llm.ts'
import { createProcesses } from '../../processes/processes.ts'
import { resolvePrograms } from '../../runner/resolve-programs.ts'
import type { Runner } from '../../runner/runner.ts'
import { createRunner } from '../../runner/runner.ts'

export interface LlmOptions {
  readonly llm: LlmConfig
  /** Folders that programs work in count from here. */
  readonly baseFolder: string
  /** Where everything of ours is kept that can be deleted at any time. */
  readonly stateFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told what is wrong, and that all the rest works. */
  readonly warn: (problem: unknown) => void
}

/** With these a run that nobody wants any more is gone within two seconds, whatever it is doing. */
const times = { graceMs: 1000, termMs: 600 }

/** Joins the runner with the programs of the configuration; disposing of it ends all of them. */
export async function composeRunner(options: LlmOptions): Promise<Runner> {
  const { llm, baseFolder, stateFolder, env, warn } = options
  const { programs: configured, ...settings } = llm
  const { programs, problems } = resolvePrograms(configured)
  for (const problem of problems) warn(problem)

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
  const runner = undo.use(
    createRunner({
      settings,
      programs: withFolders(programs, baseFolder),
      processes,
      folder: join(stateFolder, 'llm'),
      env,
      onProblem: warn,
    }),
  )
  const cleanup = undo.move()
  return { ...runner, [Symbol.asyncDispose]: () => cleanup.disposeAsync() }
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
