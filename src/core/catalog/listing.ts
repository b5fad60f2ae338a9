import type { ByteText } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { decodeString } from '../../wire/message.ts'
import { partNamed, partsOf } from '../../wire/walk.ts'
import type { ListKind } from '../routing/upstream.ts'

/** One tool, prompt, resource or template as its server wrote it. */
export interface Entry {
  readonly server: string
  /** The tool's or prompt's name, the resource's URI or the template's URI template. */
  readonly name: string
  readonly bytes: Buffer
}

/** All entries of one kind from one server, and how long they may be kept. */
export interface Listing {
  readonly entries: readonly Entry[]
  readonly ttlMs: number
  readonly cacheScope: 'public' | 'private'
}

export const emptyListing: Listing = { entries: [], ttlMs: 0, cacheScope: 'private' }

export function isSameListing(a: Listing, b: Listing): boolean {
  return (
    a.entries.length === b.entries.length &&
    a.ttlMs === b.ttlMs &&
    a.cacheScope === b.cacheScope &&
    a.entries.every((entry, index) => b.entries[index]?.bytes.equals(entry.bytes))
  )
}

/** Everything a server offers. */
export type Listings = Readonly<Record<ListKind, Listing>>

export const emptyListings: Listings = {
  tools: emptyListing,
  prompts: emptyListing,
  resources: emptyListing,
  templates: emptyListing,
}

interface KindWords {
  readonly method: string
  readonly member: string
  readonly key: string
}

export const listWords: Readonly<Record<ListKind, KindWords>> = {
  tools: { method: 'tools/list', member: 'tools', key: 'name' },
  prompts: { method: 'prompts/list', member: 'prompts', key: 'name' },
  resources: { method: 'resources/list', member: 'resources', key: 'uri' },
  templates: {
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    key: 'uriTemplate',
  },
}

export function kindOfMethod(method: string): ListKind | undefined {
  switch (method) {
    case 'tools/list':
      return 'tools'
    case 'prompts/list':
      return 'prompts'
    case 'resources/list':
      return 'resources'
    case 'resources/templates/list':
      return 'templates'
    default:
      return undefined
  }
}

export interface Page {
  readonly entries: readonly Entry[]
  readonly nextCursor: string | undefined
  readonly ttlMs: number
  readonly cacheScope: 'public' | 'private'
}

/** Cuts one page of a list into entries, leaving their bytes as they are. */
export function readPage(server: string, kind: ListKind, reply: Message): Page {
  const { member } = listWords[kind]
  const at = reply.start(Member.result)
  const list = partNamed(reply.bytes, member, at)
  const cursor = partNamed(reply.bytes, 'nextCursor', at)
  const elements = list ? partsOf(reply.bytes, list.start) : []
  const cursorRaw = cursor && reply.bytes.toString('latin1', cursor.start, cursor.end)
  return {
    entries: elements.flatMap(({ start, end }) =>
      entryFrom(server, kind, Buffer.from(reply.bytes.subarray(start, end))),
    ),
    nextCursor: cursorRaw?.startsWith('"') ? decodeString(cursorRaw) : undefined,
    ttlMs: lifeFrom(reply.raw(Member.ttlMs)),
    cacheScope: reply.text(Member.cacheScope) === 'public' ? 'public' : 'private',
  }
}

/** What is no length of time is none: it is printed into the lists of others. */
function lifeFrom(raw: ByteText | undefined): number {
  const ttlMs = Number(raw ?? 0)
  return Number.isFinite(ttlMs) && ttlMs > 0 ? ttlMs : 0
}

/** An entry without a name cannot be offered; one odd entry never costs the others. */
export function entryFrom(server: string, kind: ListKind, bytes: Buffer): Entry[] {
  if (bytes[0] !== 0x7b) return []
  const { key } = listWords[kind]
  // Of two names, also when one is spelled with escapes, clients would read the other.
  const named = partsOf(bytes).filter((part) => decodeString(`"${part.key}"`) === key)
  const [part] = named
  if (!part || named.length > 1 || part.key !== key) return []
  const raw = bytes.toString('latin1', part.start, part.end)
  return raw.startsWith('"') ? [{ server, name: decodeString(raw), bytes }] : []
}
