import type { Log } from '../core/observe/log.ts'
import type { Backlog, Waiting } from './backlog.ts'
import type { Gap, Gaps } from './gaps.ts'
import { gapEntry } from './gaps.ts'
import type { Entry } from './line.ts'
import { createPace } from './pace.ts'
import { createTrouble } from './trouble.ts'

export interface WriterOptions {
  readonly backlog: Backlog
  readonly gaps: Gaps
  /** Writes all or none, and gives the number of the first one. */
  readonly append: (entries: readonly Entry[]) => Promise<number>
  /** A line that somebody waited for cannot be written. */
  readonly refuse: (waiting: Waiting, reason: string) => void
  readonly log: Log
  readonly reasonOf: (error: unknown) => string
  /** A disk that takes longer than this is not waited for. */
  readonly stallMs?: number
}

/** Writes what waits, many lines at once; while that fails it tries again, ever less often. */
export interface Writer extends Disposable {
  /** Why nothing can be written at the moment. */
  readonly problem: string | undefined
  readonly written: number
  readonly underway: number
  /** Soon, with whatever comes until then. */
  later(): void
  /** At the end of this turn of the event loop: somebody waits. */
  next(): void
  /** Now. Resolves when it is written, or cannot be. */
  write(): Promise<void>
  fail(error: unknown): void
}

/** Lines wait for others that come with them for so long. */
const gatherMs = 100
/** So many are written without waiting for more: what lives longer costs the collector twice. */
const enough = 128
const mostAtOnce = 2000

export function createWriter(options: WriterOptions): Writer {
  const { backlog, gaps, refuse } = options
  const trouble = createTrouble(options)
  const pace = createPace(() => void write())
  let underway: readonly Waiting[] = []
  let writing: Promise<void> | undefined
  let written = 0

  function next(): void {
    if (!writing && trouble.problem === undefined) pace.next()
  }

  function write(): Promise<void> {
    return (writing ??= writeAll().finally(() => {
      writing = undefined
      if (trouble.problem !== undefined) pace.after(trouble.retryMs)
      else if (backlog.isAwaited) next()
      else if (backlog.size > 0 || gaps.current) pace.after(gatherMs)
    }))
  }

  async function writeAll(): Promise<void> {
    do {
      underway = backlog.take(mostAtOnce)
      const gap = gaps.current
      const first = await appendBatch(underway, gap, { ...options, fail })
      if (first !== undefined) {
        trouble.pass(gap)
        written += underway.length
        tell(underway, first + (gap ? 1 : 0))
      }
      underway = []
      if (first === undefined) return
    } while (backlog.isAwaited || backlog.size > mostAtOnce)
  }

  function fail(error: unknown): void {
    const reason = trouble.arise(error)
    const awaited = [...underway.filter(({ told }) => told), ...backlog.takeAwaited()]
    for (const one of awaited) refuse(one, reason)
    if (!writing) pace.after(trouble.retryMs)
  }

  return {
    get problem() {
      return trouble.problem
    },
    get written() {
      return written
    },
    get underway() {
      return underway.length
    },
    later() {
      if (trouble.problem !== undefined) return
      if (backlog.size < enough) pace.after(gatherMs)
      else next()
    },
    next,
    write,
    fail,
    [Symbol.dispose]: () => pace[Symbol.dispose](),
  }
}

interface Appending extends Pick<WriterOptions, 'append' | 'backlog' | 'stallMs'> {
  readonly fail: (error: unknown) => void
}

/** Writes a batch, and a line about what is missing in front of it; the number of the first, or nothing. */
async function appendBatch(
  batch: readonly Waiting[],
  gap: Gap | undefined,
  { append, backlog, stallMs = 5000, fail }: Appending,
): Promise<number | undefined> {
  const entries = [...(gap ? [gapEntry(gap)] : []), ...batch.map(({ entry }) => entry)]
  const stall = setTimeout(() => fail(new Error(stalled(stallMs))), stallMs).unref()
  try {
    return await append(entries)
  } catch (error) {
    fail(error)
    backlog.putBack(batch)
    return undefined
  } finally {
    clearTimeout(stall)
  }
}

/** Those who wait hear the number of their line. */
function tell(batch: readonly Waiting[], first: number): void {
  for (const [index, { told }] of batch.entries()) told?.(first + index)
}

function stalled(stallMs: number): string {
  return `the disk has not answered for ${stallMs / 1000} seconds`
}
