import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Break } from './chain.ts'
import { createChain } from './chain.ts'
import { filesIn, isMissing, linesOf, logsIn } from './files.ts'
import { readHead } from './head.ts'
import type { ReadLine } from './line.ts'

export interface Checked {
  readonly log: string
  readonly files: number
  readonly lines: number
  readonly breaks: readonly Break[]
  /** Half a line at the end: it is cut off when the log is opened the next time. */
  readonly tornBytes: number
  /** Calls of which it is only known that they began. */
  readonly unfinished: readonly ReadLine[]
}

export interface CheckOptions {
  /** Lines from this one on are not looked at. */
  readonly before?: number
  /** So long it rests after each part, for whoever else wants the processor. */
  readonly restMs?: number
}

/** Goes through every log there is. */
export async function checkLogs(base: string): Promise<readonly Checked[]> {
  const checked: Checked[] = []
  for (const log of await logsIn(base)) checked.push(await checkLog(base, log))
  return checked
}

const restEvery = 2000

/** Goes through one log from its first line to its last: every line must follow the one before. */
export async function checkLog(
  base: string,
  log: string,
  { before = Number.POSITIVE_INFINITY, restMs = 0 }: CheckOptions = {},
): Promise<Checked> {
  const folder = join(base, log)
  // Before the lines: while they are read more may come.
  const head = await readHead(folder)
  const chain = createChain(log)
  const files = await filesIn(folder)
  for (const file of files) {
    if (file.firstSeq >= before) break
    try {
      chain.enter(file)
      for await (const { bytes, isWhole } of linesOf(file.path)) {
        if (chain.seq + 1 >= before) break
        if (isWhole) chain.follow(bytes)
        else chain.tear(bytes)
        if (restMs > 0 && chain.lines % restEvery === 0) await pause(restMs)
      }
    } catch (cause) {
      // Too old, and removed meanwhile.
      if (!isMissing(cause) || file === files.at(-1)) throw cause
    }
  }
  chain.end()
  // Who looks at a part only does not look at its end.
  if (before === Number.POSITIVE_INFINITY) chain.endAt(head?.seq)
  return { log, files: files.length, ...chain.result() }
}
