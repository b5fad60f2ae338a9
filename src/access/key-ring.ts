import type { KeyRecord } from '../contract/keys.ts'
import type { Grant } from './grant.ts'
import { parseGrant } from './grant.ts'
import { digestOf, idOfKey, isSameDigest } from './key.ts'
import type { KeyBook } from './key-book.ts'
import { stateOf } from './key-book.ts'
import type { Holding } from './rights.ts'

/** The keys that are good at one moment; it never changes. */
export interface KeyRing {
  /** Whose key this is; undefined for one that is not good. */
  find(text: string): KeyRecord | undefined
  isGood(id: string): boolean
  /** What the keys of this name let do; undefined when none of them is good. */
  holding(name: string): Holding | undefined
  readonly size: number
  /** When the first of them expires. */
  readonly endsAtMs: number
}

/** Compared with when there is nothing to compare with, so that both take the same time. */
const nobody = digestOf('')

export function createKeyRing(book: KeyBook, nowMs: number): KeyRing {
  const active = book.filter((record) => stateOf(record, nowMs) === 'active')
  const byId = new Map(active.map((record) => [record.id, record]))
  const holdings = new Map(active.map((record) => [record.name, holdingOf(record)]))
  const ends = active.map(({ expires_at: end }) => (end === undefined ? Infinity : Date.parse(end)))
  return {
    find(text) {
      const record = byId.get(idOfKey(text) ?? '')
      const isSame = isSameDigest(digestOf(text), record?.digest ?? nobody)
      return isSame ? record : undefined
    },
    isGood: (id) => byId.has(id),
    holding: (name) => holdings.get(name),
    size: active.length,
    endsAtMs: Math.min(Infinity, ...ends),
  }
}

/** A scope that this version does not know gives nothing. */
function holdingOf({ scopes, profile }: KeyRecord): Holding {
  const grants: readonly (Grant | string)[] = scopes.map(parseGrant)
  return { grants: grants.filter((grant) => typeof grant !== 'string'), profile }
}
