import type { LlmProgram, Permission } from '../contract/llm.ts'
import { childEnvironment } from '../processes/environment.ts'
import type { Environment } from '../processes/environment.ts'

/** What nearly every program understands: no colours, no questions. */
const plain: Environment = { NO_COLOR: '1', TERM: 'dumb', CI: '1' }

export interface Place {
  readonly permission: Permission
  /** Where it may leave temporary files. */
  readonly tmp: string
  /** Whether it works in a fresh folder of its own. */
  readonly isOwnFolder: boolean
}

/** The environment of a program, built from nothing: few names of ours, and what is declared for it. */
export function programEnvironment(
  program: LlmProgram,
  place: Place,
  ours: Readonly<Record<string, string | undefined>>,
): Environment {
  const passed = program.passEnv.flatMap((name) => {
    const value = ours[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const declared = {
    ...plain,
    TMPDIR: place.tmp,
    TMP: place.tmp,
    TEMP: place.tmp,
    ...Object.fromEntries(passed),
    ...(place.isOwnFolder ? program.ownFolderEnv : {}),
    ...program.env,
    ...program.permissions[place.permission].env,
  }
  const removed = new Set(program.removeEnv)
  return Object.fromEntries(
    Object.entries(childEnvironment(declared, ours)).filter(([name]) => !removed.has(name)),
  )
}
