import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ownership } from './claim.ts'
import { isClaimed } from './claim.ts'
import type { LogFile } from './files.ts'
import { filesIn, logsIn } from './files.ts'
import type { Entry } from './line.ts'
import { printFacts } from './line.ts'

/** How much is kept, and how long. */
export interface Keeping {
  readonly keepBytes: number
  readonly keepDays: number
}

/** What is to be removed, and the line that says so: it is written before they are. */
export interface Outdated {
  readonly files: readonly LogFile[]
  readonly entry: Entry
}

const dayMs = 86_400_000

/** The oldest files of one log that are too much or too old; never the last one, to which lines are added. */
export async function outdatedIn(
  folder: string,
  { keepBytes, keepDays }: Keeping,
  nowMs: number,
): Promise<Outdated | undefined> {
  const files = await filesIn(folder)
  const known = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file.path)
      return { file, size, mtimeMs }
    }),
  )
  let leftBytes = known.reduce((sum, { size }) => sum + size, 0)
  const outdated: LogFile[] = []
  for (const { file, size, mtimeMs } of known.slice(0, -1)) {
    if (leftBytes <= keepBytes && nowMs - mtimeMs <= keepDays * dayMs) break
    leftBytes -= size
    outdated.push(file)
  }
  const next = files[outdated.length]
  if (outdated.length === 0 || !next) return undefined
  const facts = { through: next.firstSeq - 1, files: outdated.length }
  return { files: outdated, entry: { type: 'removed', timeMs: nowMs, told: printFacts(facts) } }
}

/** Removes logs to which nobody has written for longer than they are kept. */
export async function removeDeserted(
  base: string,
  { keepDays }: Keeping,
  ownership: Ownership,
): Promise<readonly string[]> {
  const removed: string[] = []
  for (const name of await logsIn(base)) {
    const folder = join(base, name)
    if (await isClaimed(folder, ownership)) continue
    const times = await Promise.all((await filesIn(folder)).map(({ path }) => stat(path)))
    const newestMs = Math.max(0, ...times.map(({ mtimeMs }) => mtimeMs))
    if (times.length === 0 || Date.now() - newestMs <= keepDays * dayMs) continue
    await rm(folder, { recursive: true, force: true })
    removed.push(name)
  }
  return removed
}
