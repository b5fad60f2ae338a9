import type { ServerConfig } from '../../contract/config.ts'
import type { ByteText } from '../../wire/bytes.ts'
import type { Entry, Listing, Listings } from '../catalog/listing.ts'
import { emptyListings, isSameListing } from '../catalog/listing.ts'
import { paramHeaderLines, paramHeadersOf } from '../catalog/param-headers.ts'
import { fetchListing } from './fetch-listing.ts'
import type { ListKind, Upstream } from './upstream.ts'
import { listKinds } from './upstream.ts'

const none: ReadonlySet<ListKind> = new Set()
const all: ReadonlySet<ListKind> = new Set(listKinds)

/** Of almost all servers all lists are known: they have one set of them. */
function knownWith(known: ReadonlySet<ListKind>, kind: ListKind): ReadonlySet<ListKind> {
  return known.size === all.size - 1 ? all : new Set(known).add(kind)
}

export interface ServerListsDeps {
  readonly later: (ms: number, work: () => void) => void
  /** The connection to ask, as long as there is one. */
  readonly upstream: () => Upstream | undefined
  readonly changed: (kind: ListKind) => void
  readonly problem: (reason: string) => void
  /** Everything that was to be asked has been. */
  readonly refreshed: (isNews: boolean) => void
  /** Of a list as it came, what is shown. */
  readonly admit: (kind: ListKind, offered: Listing) => Listing
  /** Keeps equal entries once. */
  readonly share: (entry: Entry) => Entry
}

const refreshPauseMs = 250
const refreshEveryMs = 500
/** A list that could not be had is asked for again after this. */
const relistPauseMs = 30_000

/** What one server offers, kept current by what it says and by asking again. */
export class ServerLists {
  readonly #config: ServerConfig
  readonly #deps: ServerListsDeps
  #known: ReadonlySet<ListKind>
  /** Made when a list first changes. */
  #stale: Set<ListKind> | undefined
  #listings: Listings
  #isPaced = false

  constructor(config: ServerConfig, remembered: Listings | undefined, deps: ServerListsDeps) {
    this.#config = config
    this.#deps = deps
    this.#listings = remembered ?? emptyListings
    this.#known = remembered ? all : none
  }

  get listings(): Listings {
    return this.#listings
  }

  /** Whether this list of it is known, be it from an earlier run. */
  knows(kind: ListKind): boolean {
    return this.#known.has(kind)
  }

  get areKnown(): boolean {
    return this.#known.size === listKinds.length
  }

  /** Changes come in bursts: one refresh for all that came while it waited. */
  markStale(kind: ListKind): void {
    ;(this.#stale ??= new Set()).add(kind)
    if (this.#isPaced) return
    this.#isPaced = true
    this.#deps.later(refreshPauseMs, () => void this.#refreshStale())
  }

  /** However often a server says that its lists changed, it is asked twice a second, and always after the last time. */
  async #refreshStale(): Promise<void> {
    const kinds = [...(this.#stale ?? [])]
    this.#stale = undefined
    const upstream = this.#deps.upstream()
    const paced = new Promise<void>((resolve) => this.#deps.later(refreshEveryMs, resolve))
    // One after the other: an older answer must not come last.
    if (upstream) await this.refresh(upstream, kinds)
    await paced
    if (this.#stale) return this.#refreshStale()
    this.#isPaced = false
  }

  /** Asks for the tools anew; the header lines that mirror these arguments of one as it is listed then. */
  async mirroredAfresh(
    upstream: Upstream | undefined,
    tool: string,
    args: Buffer | undefined,
  ): Promise<ByteText> {
    if (upstream) await this.refresh(upstream, ['tools'])
    const entry = this.#listings.tools.entries.find(({ name }) => name === tool)
    return entry ? paramHeaderLines(paramHeadersOf(entry.bytes), args) : ''
  }

  async refresh(upstream: Upstream, kinds: readonly ListKind[]): Promise<void> {
    const before = this.#listings
    const failed: ListKind[] = []
    await Promise.all(
      kinds.map(async (kind) => {
        if (!(await this.#relist(upstream, kind))) failed.push(kind)
      }),
    )
    this.#deps.refreshed(this.#listings !== before)
    if (failed.length === 0) return
    this.#deps.later(relistPauseMs, () => {
      if (this.#deps.upstream() === upstream) for (const kind of failed) this.markStale(kind)
    })
  }

  /** The same tools, of which others are shown now. */
  replaceTools(listing: Listing): void {
    const before = this.#listings
    this.#take('tools', listing)
    this.#deps.refreshed(this.#listings !== before)
  }

  #shared(listing: Listing): Listing {
    if (listing.entries.length === 0) return listing
    return { ...listing, entries: listing.entries.map((entry) => this.#deps.share(entry)) }
  }

  /** A list that cannot be had leaves the last known one in place. */
  async #relist(upstream: Upstream, kind: ListKind): Promise<boolean> {
    const fetched = await fetchListing(upstream, kind, this.#config)
    if ('problem' in fetched) {
      this.#deps.problem(fetched.problem)
      return false
    }
    // What is kept of it as it came is shared too.
    this.#take(kind, this.#deps.admit(kind, this.#shared(fetched.listing)))
    return true
  }

  #take(kind: ListKind, listing: Listing): void {
    const isNews = !this.#known.has(kind) || !isSameListing(this.#listings[kind], listing)
    if (isNews && !this.#known.has(kind)) this.#known = knownWith(this.#known, kind)
    if (!isNews) return
    this.#listings = { ...this.#listings, [kind]: this.#shared(listing) }
    this.#deps.changed(kind)
  }
}
