import { GatewayError } from '../contract/gateway-error.ts'
import type { KeyRecord, KeyRequest, KeySummary } from '../contract/keys.ts'
import { KeyFile } from '../contract/keys.ts'
import { parseGrant, printGrant } from './grant.ts'
import { createKey, digestOf } from './key.ts'

/** Keys of one name that are good at the same time: enough to change one for another. */
const keysOfOneName = 2
const standardScopes: readonly string[] = ['read', 'call']

export type KeyBook = readonly KeyRecord[]

/** Throws where the text is no file of keys. */
export function parseKeyBook(text: string): KeyBook {
  return KeyFile.parse(JSON.parse(text)).keys
}

export function printKeyBook(keys: KeyBook): string {
  return `${JSON.stringify({ version: 1, keys }, null, 2)}\n`
}

export function stateOf(
  { revoked_at: revoked, expires_at: expires }: KeyRecord,
  nowMs: number,
): KeySummary['state'] {
  if (revoked !== undefined) return 'revoked'
  return expires !== undefined && Date.parse(expires) <= nowMs ? 'expired' : 'active'
}

export function summaryOf(record: KeyRecord, nowMs: number, lastUsed?: string): KeySummary {
  const { digest: _, ...told } = record
  return {
    ...told,
    state: stateOf(record, nowMs),
    ...(lastUsed !== undefined && { last_used: lastUsed }),
  }
}

export interface AddedKey {
  readonly book: KeyBook
  readonly record: KeyRecord
  /** The key itself, which is nowhere else. */
  readonly text: string
}

/** A second key of a name has the rights of the first: one can take the place of the other at any time. */
export function addKey(book: KeyBook, request: KeyRequest, nowMs: number): AddedKey {
  const { name, expires_in_ms: expiresInMs } = request
  const active = book.filter((one) => one.name === name && stateOf(one, nowMs) === 'active')
  if (active.length >= keysOfOneName) throw tooMany(name, active)
  const wanted = holdingOf(request, active[0])
  const { id, text } = createKey()
  const record: KeyRecord = {
    id,
    name,
    ...wanted,
    created_at: new Date(nowMs).toISOString(),
    ...(expiresInMs !== undefined && { expires_at: new Date(nowMs + expiresInMs).toISOString() }),
    digest: digestOf(text),
  }
  return { book: [...book, record], record, text }
}

export function revokeKey(
  book: KeyBook,
  id: string,
  nowMs: number,
): { readonly book: KeyBook; readonly record: KeyRecord } {
  const found = book.find((one) => one.id === id)
  if (!found) throw new GatewayError('key_unknown', { key: id })
  const record: KeyRecord = { ...found, revoked_at: found.revoked_at ?? iso(nowMs) }
  return { book: book.map((one) => (one === found ? record : one)), record }
}

type HeldByKey = Pick<KeyRecord, 'scopes' | 'profile'>

function holdingOf(
  { name, scopes, profile }: KeyRequest,
  before: KeyRecord | undefined,
): HeldByKey {
  const written = scopes ?? before?.scopes ?? standardScopes
  const wanted: HeldByKey = {
    scopes: [...new Set(written.map(checkedScope))].toSorted(),
    ...((profile ?? before?.profile) !== undefined && {
      profile: profile ?? before?.profile ?? '',
    }),
  }
  if (before && JSON.stringify(wanted) !== JSON.stringify(heldBy(before))) {
    throw new GatewayError('usage_invalid', {
      problem: `"${name}" has a key with other rights: ${rightsText(before)}`,
      remedy: `Leave out --scope and --profile to make a second key with the same rights, choose another name, or revoke ${before.id} first.`,
    })
  }
  return wanted
}

function heldBy({ scopes, profile }: KeyRecord): HeldByKey {
  return { scopes, ...(profile !== undefined && { profile }) }
}

function rightsText({ scopes, profile }: KeyRecord): string {
  return [scopes.join(', '), ...(profile === undefined ? [] : [`profile ${profile}`])].join('; ')
}

function checkedScope(text: string): string {
  const grant = parseGrant(text)
  if (typeof grant !== 'string') return printGrant(grant)
  const remedy = 'Run `gantry keys create --help` for how scopes are written.'
  throw new GatewayError('usage_invalid', { problem: `The scope is not valid: ${grant}`, remedy })
}

function tooMany(name: string, active: KeyBook): GatewayError {
  return new GatewayError('usage_invalid', {
    problem: `"${name}" has ${active.length} keys that are good already: ${active.map(({ id }) => id).join(', ')}`,
    remedy: 'Revoke the one that is not used any more with `gantry keys revoke ID`.',
  })
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
