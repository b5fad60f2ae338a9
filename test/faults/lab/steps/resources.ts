import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import type { Runners } from './runners.ts'

/** What a server takes from the machine. */
export interface ResourceSteps {
  /** Holds so much memory that it really uses. */
  memory: { readonly bytes: number }
  /** Uses a whole core. */
  spin: { readonly ms: number }
  /** Starts so many processes that sleep. */
  fork: { readonly count: number }
  /** Opens so many files and keeps them. */
  files: { readonly count: number }
}

export const resourceRunners: Runners<ResourceSteps> = {
  memory({ bytes }, { world }) {
    const pieceBytes = 64 * 1024 * 1024
    for (let left = bytes; left > 0; left -= pieceBytes)
      world.hoard.push(Buffer.alloc(Math.min(left, pieceBytes), 1))
  },
  spin({ ms }) {
    const until = performance.now() + ms
    while (performance.now() < until);
  },
  fork({ count }) {
    for (let index = 0; index < count; index += 1)
      // Where no more are allowed that is what the test is about.
      spawn('sleep', ['600'], { stdio: 'ignore' }).on('error', () => undefined)
  },
  files({ count }, { world }) {
    try {
      for (let index = 0; index < count; index += 1)
        world.hoard.push(openSync(process.execPath, 'r'))
    } catch (error) {
      process.stderr.write(`${String(error)}\n`)
    }
  },
}
