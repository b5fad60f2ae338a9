import type { Entry, Listing, Listings } from '../../src/core/catalog/listing.ts'
import { emptyListings, entryFrom } from '../../src/core/catalog/listing.ts'
import type { View, ViewOptions } from '../../src/core/catalog/view.ts'
import { createView } from '../../src/core/catalog/view.ts'
import type { ListKind } from '../../src/core/routing/upstream.ts'

/** What a test says one server offers: each entry as a value, or as the text of its JSON. */
export type Offer = Partial<Record<ListKind, readonly (object | string)[]>>

/** An entry as the catalogue holds it. */
export function entryOf(server: string, kind: ListKind, entry: object | string): Entry {
  const text = typeof entry === 'string' ? entry : JSON.stringify(entry)
  const [made] = entryFrom(server, kind, Buffer.from(text))
  if (!made) throw new Error(`an entry without its name: ${text}`)
  return made
}

export function listingsOf(server: string, offer: Offer, rest: Partial<Listing> = {}): Listings {
  const listing = (kind: ListKind): Listing => ({
    ...emptyListings[kind],
    ...rest,
    entries: (offer[kind] ?? []).map((entry) => entryOf(server, kind, entry)),
  })
  return {
    tools: listing('tools'),
    prompts: listing('prompts'),
    resources: listing('resources'),
    templates: listing('templates'),
  }
}

/** The catalogue of servers in this order. */
export function viewOf(
  offers: Readonly<Record<string, Offer>>,
  options: Partial<ViewOptions> = {},
): View {
  const parts = Object.entries(offers).map(([server, offer]) => ({
    server,
    listings: listingsOf(server, offer),
  }))
  return createView(parts, { naming: 'auto', pageSize: 1000, ...options })
}
