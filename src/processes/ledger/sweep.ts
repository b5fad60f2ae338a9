import { readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { signalGroup, signalProcess } from '../group.ts'
import { removeGroup } from '../limits/group-folder.ts'
import { ledgerEnding, unfinishedEnding } from './ledger.ts'
import { parseLedger } from './lines.ts'
import type { LedgerOwner, LedgerText } from './lines.ts'
import { findLeft } from './left.ts'
import type { Left, Remains } from './left.ts'
import { findProcess, findWorld } from '../process-table.ts'

/** A process that a dead instance had left behind, and that was ended. */
export interface Reaped {
  readonly instance: string
  /** The program as it is called in the configuration; what the system calls it where that is not known. */
  readonly name: string
  readonly pid: number
}

const killMs = 2000
const lookMs = 20
const minuteMs = 60_000
const weekMs = 7 * 24 * 60 * minuteMs

/** Ends what instances have left that are no more, and forgets them; the living and what is theirs stay untouched. */
export async function sweepLedgers(folder: string): Promise<readonly Reaped[]> {
  const names = await readdir(folder).catch(() => [])
  const reaped = await Promise.all(names.map((name) => sweepFile(folder, name)))
  return reaped.flat()
}

async function sweepFile(folder: string, name: string): Promise<readonly Reaped[]> {
  const path = join(folder, name)
  if (name.endsWith(unfinishedEnding)) return forgetAfter(path, minuteMs)
  if (!name.endsWith(ledgerEnding)) return []
  const ledger = parseLedger(await readFile(path, 'utf8').catch(() => ''))
  // Whoever names another instance than its file does must not have that one's processes ended.
  if (!ledger || ledger.owner.instance + ledgerEnding !== name) return forgetAfter(path, minuteMs)

  switch (await fateOf(ledger.owner)) {
    case 'alive':
      return []
    case 'elsewhere':
      return forgetAfter(path, weekMs)
    case 'another machine start':
      await rm(path, { force: true })
      return []
    case 'dead':
      return reap(ledger, path)
  }
}

type Fate = 'alive' | 'dead' | 'elsewhere' | 'another machine start'

async function fateOf(owner: LedgerOwner): Promise<Fate> {
  const world = await findWorld()
  if (owner.boot !== world.boot) return 'another machine start'
  // In a container that shares the folder: its process ids mean nothing here.
  if (owner.space !== world.space) return 'elsewhere'
  const row = await findProcess(owner.pid)
  return row && !row.isZombie && row.startedAt === owner.startedAt ? 'alive' : 'dead'
}

async function reap({ owner, trees, places }: LedgerText, path: string) {
  const { reaped, left } = await reapRemains({ instance: owner.instance, trees, places })
  const areRemoved = await Promise.all(left.folders.map(removeGroup))
  // What cannot be ended is for the next one to try.
  if (left.processes.length === 0 && areRemoved.every(Boolean)) await rm(path, { force: true })
  return reaped
}

/** Ends what an instance started, all of whose trees are over. */
export async function reapInstance(instance: string): Promise<readonly Reaped[]> {
  const { reaped } = await reapRemains({ instance, trees: [], places: [] })
  return reaped
}

/** Until none is found any more: a process may start another one while it is looked for. */
async function reapRemains(remains: Remains) {
  const { instance } = remains
  const reaped = new Map<number, Reaped>()
  const deadline = performance.now() + killMs
  let left = await findLeft(remains)
  while (left.processes.length > 0 && performance.now() < deadline) {
    for (const { pid, name } of left.processes) reaped.set(pid, { instance, name, pid })
    kill(left)
    await delay(lookMs)
    left = await findLeft(remains)
  }
  return { reaped: [...reaped.values()], left }
}

function kill({ groups, processes }: Left): void {
  for (const group of groups) signalGroup(group, 'SIGKILL')
  for (const { pid } of processes) signalProcess(pid, 'SIGKILL')
}

async function forgetAfter(path: string, ageMs: number): Promise<readonly Reaped[]> {
  const entry = await stat(path).catch(() => undefined)
  if (entry && Date.now() - entry.mtimeMs > ageMs) await rm(path, { force: true })
  return []
}
