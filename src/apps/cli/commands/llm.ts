import { dirname } from 'node:path'

import { loadFor } from '../link/open.ts'
import { plain } from '../print/plain.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

/** Offers LLM programs as tools over standard input and output until the client leaves. */
export async function llm(context: Context): Promise<ExitCode> {
  const { shell } = context
  shell.outliveReaders()
  const { untilSignal } = await import('../../gateway/signals.ts')
  const stopped = untilSignal()
  // A gateway that starts us hands on none of the variables that its other servers need.
  const { config, path } = await loadFor(context, { only: 'llm' })
  const { baseEnvironment } = await import('../../gateway/base-environment.ts')
  const { stateFolder } = await import('../../gateway/state-folder.ts')
  const { serveLlm } = await import('../../llm-runner/serve.ts')
  await serveLlm({
    llm: config.llm,
    baseFolder: path === undefined ? shell.cwd : dirname(path),
    stateFolder: stateFolder(),
    hide: path === undefined ? [] : [path],
    env: baseEnvironment(shell.env),
    version: shell.version,
    stopped,
    warn: (problem) => shell.stderr.write(`${plain(`gantry llm: ${textOf(problem)}`)}\n`),
  })
  return exitCodes.done
}

function textOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem)
}
