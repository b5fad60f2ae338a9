import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { release } from 'node:os'
import type { Containment, GateScript } from '../containment.ts'
import type { ControlGroups, TreeGroups } from './control-groups.ts'
import { gateLines, nice } from './gate-lines.ts'
import { askedOf, breachText, limitKeys } from './limits.ts'
import type { LimitKey, ResourceLimits } from './limits.ts'

/** What keeps one tree within its limits, from before it begins until it is gone. */
export interface TreeHold {
  /** What the gate of the program has to do for it. */
  readonly script: GateScript
  /** Which limits are not held, by what the gate said; undefined for a program that had no gate. */
  unenforced(said: readonly string[] | undefined): readonly LimitKey[]
  /** Whether the tree is to be ended because it went beyond what it may. */
  isBreached(): Promise<boolean>
  /** Why the program ended, when a limit was the reason. */
  reasonOf(signal: string | null): Promise<string | undefined>
  /** Ends what is left of it and undoes what was made for it. */
  release(): Promise<void>
}

export async function holdTree(
  limits: ResourceLimits,
  groups: ControlGroups,
  containment: Containment,
): Promise<TreeHold | undefined> {
  const asked = askedOf(limits)
  if (asked.length === 0) return undefined
  const made = await groups.open(limits)
  return createHold(
    limits,
    made,
    gateLines(limits, { joins: made.joins, countsTree: countsTree(containment) }),
  )
}

function createHold(limits: ResourceLimits, groups: TreeGroups, script: GateScript): TreeHold {
  const asked = askedOf(limits)
  let breached: LimitKey | undefined

  async function look(): Promise<LimitKey | undefined> {
    breached ??= await groups.breached()
    return breached
  }

  return {
    script,
    unenforced: (said) => (said ? asked.filter((key) => said.includes(key)) : asked),
    isBreached: async () => (await look()) !== undefined,
    async reasonOf(signal) {
      const key = (await look()) ?? (signal === 'SIGXFSZ' ? 'fileBytes' : undefined)
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
    ...(countsTree(containment) ? ['processes' as const] : []),
    ...(['openFiles', 'fileBytes'] as const),
    ...(canBeNice ? ['nice' as const] : []),
  ])
  return limitKeys.filter((key) => held.has(key))
}
