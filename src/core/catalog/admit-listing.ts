import type { CatalogRules } from '../../contract/config.ts'
import type { ListKind } from '../routing/upstream.ts'
import { cleanEntry } from './clean-entry.ts'
import { withHiddenShown } from './hidden-text.ts'
import type { Entry, Listing } from './listing.ts'

/** Something a server offers and that is not shown. */
export interface LeftOut {
  readonly kind: ListKind
  /** With what cannot be seen in it made visible. */
  readonly name: string
  readonly reason: string
}

/** A list as it may be shown, and what was done to it. */
export interface Admitted {
  readonly listing: Listing
  readonly leftOut: readonly LeftOut[]
  /** How many entries are shown with other texts than they came with. */
  readonly cleaned: number
}

/** Decides entry by entry what of a server's list is shown; a list that is clean stays the same object. */
export function admitListing(listing: Listing, kind: ListKind, rules: CatalogRules): Admitted {
  const entries: Entry[] = []
  const leftOut: LeftOut[] = []
  const taken = new Set<string>()
  let cleaned = 0
  for (const entry of listing.entries) {
    const clean = judged(entry, { kind, rules, taken, count: entries.length })
    if ('reason' in clean) {
      leftOut.push({ kind, name: shownName(entry.name), reason: clean.reason })
      continue
    }
    taken.add(entry.name)
    entries.push(clean.entry)
    if (clean.isChanged) cleaned++
  }
  const isSame = cleaned === 0 && leftOut.length === 0
  return { listing: isSame ? listing : { ...listing, entries }, leftOut, cleaned }
}

interface Judging {
  readonly kind: ListKind
  readonly rules: CatalogRules
  readonly taken: ReadonlySet<string>
  readonly count: number
}

function judged(entry: Entry, { kind, rules, taken, count }: Judging) {
  if (count >= rules.entries) return { reason: `only ${rules.entries} ${kind} are taken over` }
  // Of two with one name nobody could say which is meant.
  if (taken.has(entry.name)) return { reason: 'another one before it has the same name' }
  return cleanEntry(entry, kind, rules)
}

function shownName(name: string): string {
  const shown = withHiddenShown(name)
  return shown.length <= 128 ? shown : `${shown.slice(0, 127)}…`
}
