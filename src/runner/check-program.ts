import type { LlmProgram } from '../contract/llm.ts'
import { programEnvironment } from './program-environment.ts'
import type { RunWorld } from './run.ts'
import { createRunId } from './run.ts'
import { openRunFolder } from './run-folder.ts'

export interface Checking {
  readonly output: string
  /** -1: it did not end by itself in time. */
  readonly code: number
}

const patienceMs = 5000
const outputBytes = 65_536

/** Runs a program with arguments that ask no model, in an empty folder. */
export async function runCheck(
  program: LlmProgram,
  args: readonly string[],
  { processes, sandbox, workFolder, owner, env, now }: RunWorld,
): Promise<Checking> {
  await using folder = await openRunFolder(workFolder, createRunId(now()), owner)
  const place = { permission: 'safe', tmp: folder.tmp, isOwnFolder: true } as const
  const start = { env: programEnvironment(program, place, env), cwd: folder.cwd }
  const tree = await processes.spawn({
    name: program.name,
    command: program.command[0] ?? '',
    args,
    ...start,
    wrap: await sandbox.wrapFor({
      program,
      ...start,
      mayWrite: true,
      folder: folder.path,
      writable: [folder.tmp],
    }),
  })
  let output = ''
  tree.stdout.on('data', (chunk: Buffer) => {
    if (output.length < outputBytes) output += chunk.toString()
  })
  tree.stdin.end()
  const timer = setTimeout(() => void tree.stop(0), patienceMs)
  const { code } = await tree.gone
  clearTimeout(timer)
  return { output, code: code ?? -1 }
}
