import type { PinnedMember } from './canonical-tool.ts'
import { differingMembers } from './canonical-tool.ts'
import type { Entry } from './listing.ts'
import type { PinRules, SavedTool, ToolChange } from './pins.ts'
import { findRenames } from './renames.ts'
import { isOnlyStricter } from './stricter.ts'

/** Which tools come as new while one that was found good went, and are the same by all appearance. */
export function renamesAmong(
  entries: readonly Entry[],
  saved: ReadonlyMap<string, SavedTool>,
): ReadonlyMap<string, string> {
  const come = entries.filter(({ name }) => saved.get(name) === undefined)
  if (come.length === 0 || saved.size === 0) return new Map()
  const listed = new Set(entries.map(({ name }) => name))
  const gone = saved
    .values()
    .flatMap(({ name, approved }) =>
      approved === undefined || listed.has(name) ? [] : [{ name, bytes: Buffer.from(approved) }],
    )
  return findRenames([...gone], come)
}

/** A new name for what was found good is held to the stricter of both rules. */
export function ruleFor(
  { isKnown, isRenamed }: { readonly isKnown: boolean; readonly isRenamed: boolean },
  { onChange, onNew }: PinRules,
): PinRules['onNew'] {
  if (isKnown) return onChange
  if (!isRenamed || onNew === 'block') return onNew
  return onChange === 'allow' ? onNew : onChange
}

interface Verdict {
  readonly saved: SavedTool
  /** Undefined: it is not listed. */
  readonly shown: Entry | undefined
  readonly news?: ToolChange
}

interface KnownTool {
  readonly known: SavedTool | undefined
  /** What it was called, where it is no new tool by all appearance. */
  readonly was: string | undefined
}

/** What becomes of one tool of a list. */
export function judge(
  entry: Entry,
  { known, was }: KnownTool,
  rules: PinRules,
  now: () => string,
): Verdict {
  const { name, bytes } = entry
  const text = bytes.toString()
  const approved = known?.approved === undefined ? undefined : Buffer.from(known.approved)
  const changed = approved ? differingMembers(approved, bytes) : []
  const rule = ruleFor({ isKnown: approved !== undefined, isRenamed: was !== undefined }, rules)
  // A tool that was once refused may come back only as it was.
  const isRejected = known?.isRejected === true
  const refused = isRejected ? { isRejected } : {}
  const isGood = isRejected ? approved && changed.length === 0 : rule === 'allow'
  if (isGood || (approved && isUnchanged(approved, bytes, changed)))
    return { saved: { name, approved: text, ...refused }, shown: entry }
  const isHeld = rule === 'block' || isRejected
  const isNews = known?.waiting !== text
  const since = isNews ? now() : (known?.since ?? now())
  return {
    saved: {
      name,
      ...(known?.approved !== undefined && { approved: known.approved }),
      waiting: text,
      since,
      ...(approved === undefined && was !== undefined && { was }),
      ...refused,
    },
    shown: isHeld ? approved && { ...entry, bytes: approved } : entry,
    ...(isNews && { news: { tool: name, changed, isHeld } }),
  }
}

/** Whether it says the same, or only admits to more harm than before. */
function isUnchanged(approved: Buffer, now: Buffer, changed: readonly PinnedMember[]): boolean {
  if (changed.length === 0) return true
  return changed.every((member) => member === 'annotations') && isOnlyStricter(approved, now)
}
