import { stat } from 'node:fs/promises'
import type { Position } from './cursor.ts'
import type { FileLine, LogFile } from './files.ts'
import { isMissing, linesBefore } from './files.ts'

/** How much may still be read, shared by all who read for one answer. */
export interface Budget {
  leftBytes: number
}

export interface Found<Item> {
  readonly record: Item
  readonly timeMs: number
}

export interface BackwardsOptions<Item> {
  readonly log: string
  readonly from: Position | undefined
  readonly files: readonly LogFile[]
  /** Files to which nothing was added since then are not read. */
  readonly sinceMs: number
  readonly budget: Budget
  /** What a line tells; undefined for one that is not wanted. */
  readonly read: (bytes: Buffer) => Found<Item> | undefined
}

/** One log, read from its end to its beginning. */
export interface Backwards<Item> {
  readonly log: string
  /** What comes next; undefined when there is nothing, or it is not known yet. */
  readonly next: Found<Item> | undefined
  /** Whether it was given up to look for what comes next. */
  readonly isUndecided: boolean
  /** Where whoever goes on later begins; undefined at the beginning of the log. */
  readonly position: Position | undefined
  fill(): Promise<void>
  take(): Item
  close(): Promise<void>
}

export function readBackwards<Item>(options: BackwardsOptions<Item>): Backwards<Item> {
  const { log, files, sinceMs, budget, read } = options
  let position = options.from
  let next: Found<Item> | undefined
  /** Where it goes on when what comes next is taken. */
  let behind: Position | undefined
  let isUndecided = false
  let lines: AsyncGenerator<FileLine> | undefined

  async function nextLine(): Promise<FileLine | undefined> {
    while (position) {
      lines ??= await open(position)
      const step = await lines?.next()
      if (step && step.done !== true) return step.value
      lines = undefined
      const { firstSeq } = position
      const before = files.findLast((file) => file.firstSeq < firstSeq)
      position = before && { firstSeq: before.firstSeq, offset: await sizeSince(before) }
    }
    return undefined
  }

  async function open({ firstSeq, offset }: Position) {
    const file = files.find((one) => one.firstSeq === firstSeq)
    // Removed since the page before: what is older is gone, too.
    if (!file || (await sizeSince(file)) === 0) return undefined
    return linesBefore(file.path, offset, (bytes) => void (budget.leftBytes -= bytes))
  }

  async function sizeSince({ path }: LogFile): Promise<number> {
    try {
      const { size, mtimeMs } = await stat(path)
      return mtimeMs < sinceMs ? 0 : size
    } catch (cause) {
      if (isMissing(cause)) return 0
      throw cause
    }
  }

  return {
    log,
    get next() {
      return next
    },
    get isUndecided() {
      return isUndecided
    },
    get position() {
      return position
    },
    async fill() {
      while (!next && position) {
        if (budget.leftBytes <= 0) {
          isUndecided = true
          return
        }
        const line = await nextLine()
        if (!line || !position) return
        const after = { firstSeq: position.firstSeq, offset: line.start }
        const found = read(line.bytes)
        if (found) {
          next = found
          behind = after
        } else position = after
      }
    },
    take() {
      if (!next) throw new Error('there is nothing to take')
      const { record } = next
      next = undefined
      position = behind
      return record
    },
    async close() {
      await lines?.return(undefined)
    },
  }
}
