import { fileURLToPath } from 'node:url'

import { stampOf } from '../../config/stamp.ts'

/** How this program is started from anywhere, by a program that knows no PATH of a shell. */
export interface OwnProgram {
  readonly command: string
  readonly args: readonly string[]
  /** Whether it lies where `npx` may clear it away. */
  readonly isPassing: boolean
}

/** The program as it is installed: in a clone the starter script, else its file with the Node that runs it. */
export async function ownProgram(execPath: string, platform: NodeJS.Platform): Promise<OwnProgram> {
  const starter = fileURLToPath(new URL('../../../../bin/gantry', import.meta.url))
  const isPassing = /[/\\]_npx[/\\]/.test(starter)
  if (platform !== 'win32' && (await stampOf(starter)) !== undefined) {
    return { command: starter, args: [], isPassing }
  }
  return { command: execPath, args: [`${starter}.js`], isPassing }
}
