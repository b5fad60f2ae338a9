import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { release } from 'node:os'
import type { Containment, GateScript } from '../containment.ts'
import type { ControlGroups, TreeGroups } from './control-groups.ts'
import { gateLines, nice } from './gate-lines.ts'
import { askedOf, breachText, limitKeys } from './limits.ts'
import type { LimitKey, ResourceLimits } from './limits.ts'
import { canWatchMemory, memoryOfTree } from './memory-watch.ts'

/** What keeps one tree within its limits, from before it begins until it is gone. */
export interface TreeHold {
  /** What the gate of the program has to do for it. */
  readonly script: GateScript
  /** Which limits are not held, by what the gate said; undefined for a program that had no gate. */
  unenforced(said: readonly string[] | undefined): readonly LimitKey[]
  /** Whether the tree of this process is to be ended because it went beyond what it may. */
  isBreached(pid: number): Promise<boolean>
  /** Why the program ended, when a limit was the reason. */
  reasonOf(signal: string | null): Promise<string | undefined>
  /** Ends what is left of it and undoes what was made for it. */
  release(): Promise<void>
}

export interface HoldOptions {
  readonly groups: ControlGroups
  readonly containment: Containment
  /** Whether the program waits at a gate, which is where most limits are set. */
  readonly isGated: boolean
}

const noGroups: TreeGroups = {
  joins: [],
  breached: async () => undefined,
  remove: async () => {},
}

export async function holdTree(
  limits: ResourceLimits,
  { groups, containment, isGated }: HoldOptions,
): Promise<TreeHold | undefined> {
  if (askedOf(limits).length === 0) return undefined
  const opened = isGated ? await groups.open(limits) : noGroups
  return createHold(limits, opened, countsTree(containment))
}

function createHold(limits: ResourceLimits, groups: TreeGroups, isCounted: boolean): TreeHold {
  const asked = askedOf(limits)
  const grouped = new Set(groups.joins.flatMap(({ keys }) => keys))
  const watchedBytes =
    canWatchMemory && !grouped.has('memoryBytes') ? limits.memoryBytes : undefined
  let breached: LimitKey | undefined

  function isHeld(key: LimitKey, said: readonly string[] | undefined): boolean {
    if (key === 'memoryBytes' && watchedBytes !== undefined) return true
    if (!said || said.includes(key)) return false
    return grouped.has(key) || (key === 'processes' ? isCounted : key !== 'memoryBytes')
  }

  return {
    script: gateLines(limits, { joins: groups.joins, countsTree: isCounted }),
    unenforced: (said) => asked.filter((key) => !isHeld(key, said)),
    async isBreached(pid) {
      breached ??= await groups.breached()
      const isOver = watchedBytes !== undefined && (await memoryOfTree(pid)) > watchedBytes
      if (isOver) breached ??= 'memoryBytes'
      return breached !== undefined
    },
    async reasonOf(signal) {
      breached ??= await groups.breached()
      const key = breached ?? (signal === 'SIGXFSZ' ? 'fileBytes' : undefined)
      return key && breachText(key, limits)
    },
    release: () => groups.remove(),
  }
}

/** Whether the system counts the processes of a tree by themselves: since Linux 5.14 in each user namespace. */
function countsTree(containment: Containment): boolean {
  if (containment.kind !== 'namespace' || !containment.unshare.includes('--user')) return false
  const [major = 0, minor = 0] = release().split('.').map(Number)
  // The system's own user is never held to a count.
  return process.getuid?.() !== 0 && (major > 5 || (major === 5 && minor >= 14))
}

/** Which limits programs that are contained like this can be held to. */
export async function enforceableWith(
  groups: ControlGroups,
  containment: Containment,
): Promise<readonly LimitKey[]> {
  if (process.platform === 'win32') return []
  const canBeNice = await access(nice, constants.X_OK).then(
    () => true,
    () => false,
  )
  const held = new Set<LimitKey>([
    ...(await groups.enforceable()),
    ...(canWatchMemory ? ['memoryBytes' as const] : []),
    ...(countsTree(containment) ? ['processes' as const] : []),
    ...(['openFiles', 'fileBytes'] as const),
    ...(canBeNice ? ['nice' as const] : []),
  ])
  return limitKeys.filter((key) => held.has(key))
}
