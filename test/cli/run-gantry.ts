import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { inTempFolder } from '../kit/temp-folder.ts'

const program = fileURLToPath(new URL('../../src/apps/cli/main.ts', import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

/** Runs the program as a person would, with nothing of this process's environment. */
export async function runGantry(args: readonly string[], options: RunOptions): Promise<Ran> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], HOME: options.cwd, ...options.env },
  })
  child.stdin.end(options.stdin ?? '')
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve)
      child.once('error', reject)
    }),
  ])
  return { code, stdout, stderr }
}

export type Gantry = (args: readonly string[], options?: Partial<RunOptions>) => Promise<Ran>

export interface InFolder {
  readonly folder: string
  readonly gantry: Gantry
}

/** Gives a proof a folder of its own, also as its home, and the program run in it. */
export function withGantry(prove: (given: InFolder) => Promise<void>): () => Promise<void> {
  return inTempFolder((folder) =>
    prove({ folder, gantry: (args, options = {}) => runGantry(args, { cwd: folder, ...options }) }),
  )
}
