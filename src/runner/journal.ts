import { appendFile, readFile } from 'node:fs/promises'

import { fileOf, idsIn, prune, readEntry, writeEntry } from './journal-files.ts'
import type { Bounds, JournalEntry } from './journal-files.ts'
import type { Life } from './life.ts'

/** What is written down about runs, so that they can be read when their caller is gone. */
export interface Journal {
  /** Writes the state of a run; a later one takes its place. */
  write(entry: JournalEntry): Promise<void>
  /** Keeps what a program printed, up to a bound. */
  keep(runId: string, printed: Buffer): void
  read(runId: string): Promise<JournalEntry | undefined>
  /** What the program printed. */
  printed(runId: string): Promise<string>
  /** The last ones first, of those that are wanted. */
  list(limit: number, isWanted?: Wanted): Promise<readonly JournalEntry[]>
}

export type Wanted = (entry: JournalEntry) => boolean

export interface JournalOptions {
  readonly folder: string
  readonly life: Life
  /** How much is kept at the moment. */
  readonly bounds: () => Bounds
  readonly onProblem: (problem: unknown) => void
}

const printedBytes = 4_194_304

export function openJournal(options: JournalOptions): Journal {
  const { folder, onProblem, life, bounds } = options
  const keptBytes = new Map<string, number>()
  let turn: Promise<void> = Promise.resolve()

  /** One thing after the other; what cannot be written keeps no run from going on. */
  function afterwards(work: () => Promise<void>): Promise<void> {
    turn = turn.then(work).catch(onProblem)
    return turn
  }

  async function writeAndPrune(entry: JournalEntry): Promise<void> {
    await writeEntry(folder, entry)
    if (entry.record.ended_at === undefined) return
    keptBytes.delete(entry.record.run_id)
    await prune(folder, life, bounds())
  }

  return {
    write: (entry) => afterwards(() => writeAndPrune(entry)),
    keep(id, printed) {
      const before = keptBytes.get(id) ?? 0
      const file = fileOf(folder, id, 'log')
      if (file === undefined || bounds().keepRuns === 0 || before >= printedBytes) return
      keptBytes.set(id, before + printed.length)
      const piece = printed.subarray(0, printedBytes - before)
      void afterwards(() => appendFile(file, piece, { mode: 0o600 }))
    },
    read: (id) => readEntry(folder, id, life),
    async printed(id) {
      await turn
      const file = fileOf(folder, id, 'log')
      return file === undefined ? '' : readFile(file, 'utf8').catch(() => '')
    },
    async list(limit, isWanted = () => true) {
      await turn
      const ids = await idsIn(folder)
      const found: JournalEntry[] = []
      for (let at = 0; at < ids.length && found.length < limit; at += limit) {
        const read = ids.slice(at, at + limit).map((id) => readEntry(folder, id, life))
        const entries = (await Promise.all(read)).filter((entry) => entry !== undefined)
        found.push(...entries.filter(isWanted))
      }
      return found.slice(0, limit)
    },
  }
}
