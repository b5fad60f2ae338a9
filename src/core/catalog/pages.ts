import { toJson } from '../../wire/bytes.ts'
import type { Era } from '../call/era.ts'
import type { ListKind } from '../routing/upstream.ts'
import type { Entry, Listing } from './listing.ts'
import { listWords } from './listing.ts'
import { printEntry } from './print-entry.ts'

export interface PagesOptions {
  /** A word for what is shown of a kind. */
  readonly version: (kind: ListKind) => string
  readonly pageSize: number
  readonly listings: (kind: ListKind) => readonly Listing[]
  readonly shown: (kind: ListKind) => ReadonlyMap<string, Entry>
  readonly shownUri: ((server: string, uri: string) => string) | undefined
}

/** Prints lists once, when they are first asked for, and keeps the bytes. */
export function createPages(
  options: PagesOptions,
): (kind: ListKind, era: Era, cursor?: string) => Buffer | undefined {
  const printed = new Map<string, readonly Buffer[]>()

  return (kind, era, cursor) => {
    const key = `${kind} ${era}`
    let pages = printed.get(key)
    if (!pages) printed.set(key, (pages = print(options, kind, era)))
    if (cursor === undefined || cursor === '') return pages[0]
    return pages.find((_, index) => index > 0 && cursorFor(options, kind, index) === cursor)
  }
}

function print(options: PagesOptions, kind: ListKind, era: Era): readonly Buffer[] {
  const { pageSize } = options
  const shown = [...options.shown(kind)]
  const count = Math.max(1, Math.ceil(shown.length / pageSize))
  return Array.from({ length: count }, (_, index) => {
    const entries = shown
      .slice(index * pageSize, (index + 1) * pageSize)
      .map(([name, entry]) => printEntry({ kind, era, name, entry, shownUri: options.shownUri }))
    const isLast = index === count - 1
    const next = isLast ? '' : `,"nextCursor":"${cursorFor(options, kind, index + 1)}"`
    return Buffer.concat([
      Buffer.from(`{"${listWords[kind].member}":[`, 'latin1'),
      ...entries.flatMap((entry, at) => (at === 0 ? [entry] : [comma, entry])),
      Buffer.from(
        `]${next}${era === 'modern' ? modernMembers(options.listings(kind)) : ''}}`,
        'latin1',
      ),
    ])
  })
}

const comma = Buffer.from(',')

/** The strictest of what the servers said: the shortest life, and private unless all are public. */
function modernMembers(listings: readonly Listing[]): string {
  const ttlMs = listings.length === 0 ? 0 : Math.min(...listings.map((listing) => listing.ttlMs))
  const isPublic =
    listings.length > 0 && listings.every((listing) => listing.cacheScope === 'public')
  return `,"resultType":"complete","ttlMs":${ttlMs},"cacheScope":${toJson(isPublic ? 'public' : 'private')}`
}

/** A cursor is bound to the list it was made for: a changed one begins again. */
function cursorFor({ version }: PagesOptions, kind: ListKind, index: number): string {
  return btoa(`${version(kind)}.${kind}.${index}`).replaceAll('=', '')
}
