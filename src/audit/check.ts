import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { LogFile } from './files.ts'
import { filesIn, headName, isMissing, linesOf, logsIn } from './files.ts'
import { readHead } from './head.ts'
import type { ReadLine } from './line.ts'
import { readLine } from './line.ts'

/** Something that was changed, removed or put elsewhere. */
export interface Break {
  readonly log: string
  readonly file: string
  /** Counted from 1; 0 where it is about the file as a whole. */
  readonly line: number
  readonly problem: string
}

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
const mostBreaks = 100

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

function createChain(log: string) {
  const breaks: Break[] = []
  const begun = new Map<number, ReadLine>()
  let file: LogFile | undefined
  let line = 0
  let lines = 0
  let seq = 0
  let hash: string | undefined
  let first: number | undefined
  let removedThrough = 0
  let tornBytes = 0

  function tell(problem: string, at = line): void {
    if (breaks.length < mostBreaks) breaks.push({ log, file: file?.name ?? '', line: at, problem })
  }

  function compare(read: ReadLine): void {
    if (first === undefined) {
      first = read.seq
      if (read.seq === 1 && read.prev !== '') tell('what came before it is missing')
      return
    }
    const isNext = read.seq === seq + 1
    if (hash === undefined ? read.seq <= seq : read.prev !== hash || !isNext)
      tell(`it does not follow line number ${seq}: lines were removed, added or moved`)
  }

  function note(read: ReadLine): void {
    const { through, begun: beganAt } = read.fields
    if (read.type === 'removed' && typeof through === 'number') removedThrough = through
    if (read.type === 'begun') begun.set(read.seq, read)
    if (read.type === 'call' && typeof beganAt === 'number') begun.delete(beganAt)
  }

  return {
    get seq() {
      return seq
    },
    get lines() {
      return lines
    },
    enter(next: LogFile): void {
      if (tornBytes > 0) tell('it ends in the middle of a line')
      tornBytes = 0
      file = next
      line = 0
    },
    follow(bytes: Buffer): void {
      line++
      lines++
      const read = readLine(bytes)
      if (!read) {
        tell('it was changed')
        first ??= file?.firstSeq
        hash = undefined
        seq++
        return
      }
      if (line === 1 && read.seq !== file?.firstSeq)
        tell('it does not belong at the beginning of this file')
      compare(read)
      note(read)
      seq = read.seq
      hash = read.hash
    },
    tear(bytes: Buffer): void {
      tornBytes = bytes.length
    },
    endAt(known: number | undefined): void {
      if (known === undefined && lines > 0)
        tell(`${headName} cannot be read: nobody can tell whether lines are missing at the end`, 0)
      if (known !== undefined && known > seq)
        tell(`lines number ${seq + 1} to ${known} are missing at the end`, 0)
    },
    end(): void {
      if (first !== undefined && first > removedThrough + 1)
        tell(`lines number ${removedThrough + 1} to ${first - 1} are missing at the beginning`, 0)
    },
    result: () => ({ lines, breaks, tornBytes, unfinished: [...begun.values()] }),
  }
}
