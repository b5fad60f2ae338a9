import type { Config } from '../contract/config.ts'
import { selectionOf } from './access/profile.ts'
import type { Selection } from './access/selection.ts'
import { inBoth, nothing } from './access/selection.ts'
import type { ServerListings, View } from './catalog/view.ts'
import { createView } from './catalog/view.ts'
import { emptyListing } from './catalog/listing.ts'
import type { Scope } from './clients/exchange.ts'
import type { Server } from './routing/server.ts'
import { unknownServer } from './routing/unknown-server.ts'

const pageSize = 1000
/** Views of principals with different rights; more than these are made anew. */
const keptViews = 200

/** What changes while a configuration holds. */
export interface Changing {
  /** Servers that came by themselves, by name. */
  readonly hosted: ReadonlyMap<string, Server>
}

/** One configuration and the servers that run on it: replaced as a whole. Only servers that come by themselves join it. */
export class Generation {
  readonly number: number
  readonly config: Config
  /** Those of the configuration. */
  readonly own: readonly Server[]
  readonly byName: ReadonlyMap<string, Server>
  #views = new Map<string, View>()
  readonly #profiles = new Map<string, Selection>()
  #servers: readonly Server[] | undefined
  readonly #changing: Changing

  constructor(number: number, config: Config, own: readonly Server[], changing: Changing) {
    this.number = number
    this.config = config
    this.own = own
    this.byName = new Map(own.map((server) => [server.name, server]))
    this.#changing = changing
  }

  /** All there are: those of the configuration, then those that came by themselves. */
  get servers(): readonly Server[] {
    if (this.#changing.hosted.size === 0) return this.own
    const hosted = this.#changing.hosted.values()
    this.#servers ??= [...this.own, ...hosted.filter(({ name }) => !this.byName.has(name))]
    return this.#servers
  }

  find(name: string): Server | undefined {
    return this.byName.get(name) ?? this.#changing.hosted.get(name)
  }

  server(name: string): Server {
    const server = this.find(name)
    if (server) return server
    throw unknownServer(name, this.servers)
  }

  /** Which part of everything this scope shows; nothing of a profile that is not there any more. */
  selection({ profile, access }: Scope): Selection {
    if (profile === undefined) return access
    return inBoth(this.#profile(profile) ?? nothing, access)
  }

  /** The catalogue as it is now, as much of it as this scope shows; made when first asked for. */
  view(scope: Scope): View {
    const { server, profile, access } = scope
    const isWhole = profile === undefined && access.id === ''
    const key = isWhole ? (server ?? '') : `${server ?? ''} ${profile ?? ''} ${access.id}`
    const known = this.#views.get(key)
    if (known) return known
    const view = this.#createView(scope)
    if (this.#views.size >= keptViews) this.#views.clear()
    this.#views.set(key, view)
    return view
  }

  #createView(scope: Scope): View {
    const shown = this.selection(scope)
    const chosen = this.servers.filter(
      ({ name, state }) =>
        state !== 'disabled' &&
        (scope.server === undefined || name === scope.server) &&
        shown.seesServer(name),
    )
    const { naming } = this.config.profiles[scope.profile ?? ''] ?? {}
    return createView(
      chosen.map((server) => partOf(server, shown)),
      {
        naming: scope.server === undefined ? (naming ?? this.config.naming) : 'auto',
        pageSize,
      },
    )
  }

  #profile(name: string): Selection | undefined {
    const known = this.#profiles.get(name)
    if (known) return known
    const config = Object.hasOwn(this.config.profiles, name)
      ? this.config.profiles[name]
      : undefined
    if (!config) return undefined
    const chosen = selectionOf(
      config,
      (server) => this.find(server)?.config.trustAnnotations === true,
    )
    this.#profiles.set(name, chosen)
    return chosen
  }

  /** Something that the views show is different now. */
  forgetViews(): void {
    this.#servers = undefined
    this.#views = new Map()
  }
}

/** What is shown of one server. */
function partOf({ name, listings }: Server, shown: Selection): ServerListings {
  const { tools } = listings
  const seen = tools.entries.filter((entry) => shown.seesTool(entry))
  const seenTools = seen.length === tools.entries.length ? tools : { ...tools, entries: seen }
  if (shown.reads(name)) return { server: name, listings: { ...listings, tools: seenTools } }
  const hidden = { prompts: emptyListing, resources: emptyListing, templates: emptyListing }
  return { server: name, listings: { tools: seenTools, ...hidden }, isClosed: true }
}
