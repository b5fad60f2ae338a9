import type { Log } from '../core/observe/log.ts'
import type { Backlog, Waiting } from './backlog.ts'
import type { Gap, Gaps } from './gaps.ts'
import { gapEntry } from './gaps.ts'
import type { Entry } from './line.ts'

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
const mostAtOnce = 2000
const firstRetryMs = 250
const lastRetryMs = 2000

export function createWriter({ backlog, gaps, append, refuse, ...options }: WriterOptions): Writer {
  const { log, reasonOf, stallMs = 5000 } = options
  let problem: string | undefined
  let retryMs = firstRetryMs
  let underway: readonly Waiting[] = []
  let writing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isNext = false
  let written = 0

  function after(delayMs: number): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void write()
    }, delayMs).unref()
  }

  function next(): void {
    if (isNext || writing || problem !== undefined) return
    isNext = true
    setImmediate(() => {
      isNext = false
      void write()
    })
  }

  function write(): Promise<void> {
    return (writing ??= writeAll().finally(() => {
      writing = undefined
      if (problem !== undefined) after(retryMs)
      else if (backlog.isAwaited) next()
      else if (backlog.size > 0 || gaps.current) after(gatherMs)
    }))
  }

  async function writeAll(): Promise<void> {
    do {
      underway = backlog.take(mostAtOnce)
      const isWritten = await writeBatch(underway, gaps.current)
      underway = []
      if (!isWritten) return
    } while (backlog.isAwaited || backlog.size > mostAtOnce)
  }

  async function writeBatch(batch: readonly Waiting[], gap: Gap | undefined): Promise<boolean> {
    const entries = [...(gap ? [gapEntry(gap)] : []), ...batch.map(({ entry }) => entry)]
    const stall = setTimeout(() => fail(new Error(stalled(stallMs))), stallMs).unref()
    let first: number
    try {
      first = await append(entries)
    } catch (error) {
      fail(error)
      backlog.putBack(batch)
      return false
    } finally {
      clearTimeout(stall)
    }
    recover(gap)
    written += batch.length
    for (const [index, { told }] of batch.entries()) told?.(first + (gap ? 1 : 0) + index)
    return true
  }

  function recover(noted: Gap | undefined): void {
    if (problem !== undefined)
      log.warn('audit_writable', { lost: noted?.lost, refused: noted?.refused })
    if (noted) gaps.noted(noted)
    problem = undefined
    retryMs = firstRetryMs
  }

  function fail(error: unknown): void {
    const reason = reasonOf(error)
    if (problem === undefined) log.error('audit_unwritable', { reason })
    else retryMs = Math.min(retryMs * 2, lastRetryMs)
    problem = reason
    gaps.open(reason)
    const awaited = [...underway.filter(({ told }) => told), ...backlog.takeAwaited()]
    for (const one of awaited) refuse(one, reason)
    if (!writing) after(retryMs)
  }

  return {
    get problem() {
      return problem
    },
    get written() {
      return written
    },
    get underway() {
      return underway.length
    },
    later() {
      if (problem === undefined) after(gatherMs)
    },
    next,
    write,
    fail,
    [Symbol.dispose]() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

function stalled(stallMs: number): string {
  return `the disk has not answered for ${stallMs / 1000} seconds`
}
