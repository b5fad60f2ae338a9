import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { beginLine, endLine, ownerLine, placeLine } from './lines.ts'
import type { LedgerOwner, LedgerTree } from './lines.ts'
import { findProcess, findWorld } from '../process-table.ts'

/** What we started, kept in a file that is readable at any moment, so that our successor can end what we could not. */
export interface Ledger extends AsyncDisposable {
  /** Resolves when the tree is written down, or could not be. */
  readonly begin: (tree: Omit<LedgerTree, 'startedAt'>) => Promise<void>
  readonly end: (group: number) => void
  /** A folder in which control groups will be made. */
  readonly place: (folder: string) => Promise<void>
}

export interface LedgerOptions {
  readonly folder: string
  readonly instance: string
  /** Told once for every run of failures to write: programs are started all the same. */
  readonly onProblem: (problem: unknown) => void
}

export const ledgerEnding = '.ledger'
/** A file that is being written and takes the place of the other when it is whole. */
export const unfinishedEnding = '.ledger-new'
/** Lines about trees that have ended are dropped when there are more of them than this. */
const staleLines = 512

export function createLedger({ folder, instance, onProblem }: LedgerOptions): Ledger {
  const trees = new Map<number, LedgerTree>()
  const places = new Set<string>()
  const file = createLedgerFile(folder, instance)
  let ourselves: Promise<LedgerOwner> | undefined
  let hasFailed = false
  let isDisposed = false

  const allLines = (owner: LedgerOwner) => [
    ownerLine(owner),
    ...[...places].map(placeLine),
    ...[...trees.values()].map(beginLine),
  ]

  async function write(line: string): Promise<void> {
    try {
      ourselves ??= describeOwner(instance)
      const owner = await ourselves
      if (isDisposed) return
      if (file.lines > trees.size + places.size + staleLines || !file.append(line))
        file.replace(allLines(owner))
      hasFailed = false
    } catch (problem) {
      if (!hasFailed) onProblem(problem)
      hasFailed = true
    }
  }

  return {
    async begin(begun) {
      const row = await findProcess(begun.group)
      const tree = { ...begun, startedAt: row?.startedAt ?? '' }
      trees.set(tree.group, tree)
      await write(beginLine(tree))
    },
    end(group) {
      if (trees.delete(group)) void write(endLine(group))
    },
    async place(parent) {
      if (places.has(parent)) return
      places.add(parent)
      await write(placeLine(parent))
    },
    async [Symbol.asyncDispose]() {
      await ourselves
      isDisposed = true
      file.close()
      if (trees.size === 0) file.remove()
    },
  }
}

function createLedgerFile(folder: string, instance: string) {
  const path = join(folder, instance + ledgerEnding)
  const unfinished = join(folder, instance + unfinishedEnding)
  let open: number | undefined
  let lines = 0

  function close(): void {
    if (open !== undefined) closeSync(open)
    open = undefined
  }

  return {
    get lines() {
      return lines
    },
    close,
    /** Whether the whole line was written: what follows half a line would be lost with it. */
    append(line: string): boolean {
      lines += 1
      return open !== undefined && writeSync(open, line) === Buffer.byteLength(line)
    },
    replace(whole: readonly string[]): void {
      close()
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      writeFileSync(unfinished, whole.join(''), { mode: 0o600 })
      renameSync(unfinished, path)
      open = openSync(path, 'a')
      lines = whole.length
    },
    remove(): void {
      for (const left of [path, unfinished]) rmSync(left, { force: true })
    },
  }
}

async function describeOwner(instance: string): Promise<LedgerOwner> {
  const [world, row] = await Promise.all([findWorld(), findProcess(process.pid)])
  return { instance, pid: process.pid, startedAt: row?.startedAt ?? '', ...world }
}
