import { findGroups, membersOf } from '../limits/group-folder.ts'
import { groupPrefix } from './lines.ts'
import type { LedgerTree } from './lines.ts'
import { commandOf, listProcesses, wasStartedWith } from '../process-table.ts'
import type { ProcessRow } from '../process-table.ts'

/** The variable that says which instance started a process, or one of its forebears. */
export const instanceVariable = 'GANTRY_INSTANCE'

/** What is known of an instance that is no more, or has ended all its trees. */
export interface Remains {
  readonly instance: string
  readonly trees: readonly LedgerTree[]
  readonly places: readonly string[]
}

/** What still runs of it. */
export interface Left {
  /** Groups that hold nothing but what is left. */
  readonly groups: readonly number[]
  readonly processes: readonly { readonly pid: number; readonly name: string }[]
  /** Folders of control groups. */
  readonly folders: readonly string[]
}

/** Only what is surely theirs: process ids are used again, so a number alone proves nothing. */
export async function findLeft({ instance, trees, places }: Remains): Promise<Left> {
  const prefix = groupPrefix(instance)
  const folders = (await Promise.all(places.map((place) => findGroups(place, prefix)))).flat()
  const members = new Set((await Promise.all(folders.map(membersOf))).flat())
  const rows = await listProcesses()
  const spared = ourselves(rows)
  const alive = rows.filter(({ pid, isZombie }) => !isZombie && !spared.has(pid))
  const isMarked = await Promise.all(
    alive.map(({ pid }) => wasStartedWith(pid, instanceVariable, instance)),
  )
  const marked = new Set(alive.filter((_, index) => isMarked[index]))

  const theirs = trees.filter((tree) => isTheirs(tree, rows, marked))
  const byGroup = new Map(theirs.map((tree) => [tree.group, tree]))
  const found = alive.filter(
    (row) => marked.has(row) || members.has(row.pid) || byGroup.has(row.group),
  )
  const sparedGroups = new Set(rows.filter(({ pid }) => spared.has(pid)).map(({ group }) => group))
  return {
    folders,
    groups: [...byGroup.keys()].filter((group) => !sparedGroups.has(group)),
    processes: await Promise.all(
      found.map(async ({ pid, group }) => ({
        pid,
        name: byGroup.get(group)?.name ?? (await commandOf(pid)),
      })),
    ),
  }
}

/** Its first process is the one that was written down, or it is gone and a member carries the mark of the instance. */
function isTheirs(
  { group, startedAt }: LedgerTree,
  rows: readonly ProcessRow[],
  marked: ReadonlySet<ProcessRow>,
): boolean {
  const first = rows.find(({ pid }) => pid === group)
  if (first) return first.group === group && first.startedAt === startedAt
  return [...marked].some((row) => row.group === group)
}

/** We and our forebears: we may have been started by the very instance whose remains we end. */
function ourselves(rows: readonly ProcessRow[]): ReadonlySet<number> {
  const parents = new Map(rows.map(({ pid, parent }) => [pid, parent]))
  const line = new Set<number>()
  for (let pid: number | undefined = process.pid; pid && !line.has(pid); pid = parents.get(pid))
    line.add(pid)
  return line
}
