import { fingerprint } from '../../kit/fingerprint.ts'
import type { Era } from '../call/era.ts'
import type { ListKind } from '../routing/upstream.ts'
import type { Entry, Listings } from './listing.ts'
import { showNames } from './names.ts'
import { createPages } from './pages.ts'
import { matchesTemplate, unwrapUri, wrapUri } from './uris.ts'

export interface ServerListings {
  readonly server: string
  readonly listings: Listings
  /** Its resources are not for this client, listed or not. */
  readonly isClosed?: boolean
}

/** Where a shown name or URI leads. */
export interface Target {
  readonly server: string
  /** In the server's own spelling. */
  readonly name: string
}

/** The catalogue as one kind of client sees it; it never changes: a change makes a new one. */
export interface View {
  readonly servers: readonly string[]
  readonly tools: ReadonlyMap<string, Entry>
  readonly prompts: ReadonlyMap<string, Entry>
  resource(uri: string): Target | undefined
  template(uriTemplate: string): Target | undefined
  /** How a URI of this server is spelled to the client. */
  shownUri(server: string, uri: string): string
  /** Whether URIs may differ between server and client at all. */
  readonly rewritesUris: boolean
  /** One page of a list as the bytes of its `result`; undefined when the cursor is not of this view. */
  page(kind: ListKind, era: Era, cursor: string | undefined): Buffer | undefined
}

export interface ViewOptions {
  readonly naming: 'auto' | 'prefix'
  readonly pageSize: number
}

export function createView(parts: readonly ServerListings[], options: ViewOptions): View {
  const tools = showNames(entriesOf(parts, 'tools'), options.naming)
  const prompts = showNames(entriesOf(parts, 'prompts'), options.naming)
  const resources = firstOwners(entriesOf(parts, 'resources'))
  const templates = firstOwners(entriesOf(parts, 'templates'))
  const servers = parts.map(({ server }) => server)
  const open = new Set(parts.flatMap(({ server, isClosed }) => (isClosed ? [] : [server])))
  const only = servers.length === 1 ? servers[0] : undefined

  function shownUri(server: string, uri: string): string {
    if (only !== undefined) return uri
    return ownerOf(uri)?.server === server && !unwrapped(uri) ? uri : wrapUri(uri, server)
  }

  function ownerOf(uri: string): Entry | undefined {
    return resources.get(uri) ?? templates.get(uri) ?? templateFor(templates, uri)
  }

  /** What a URI of ours stands for. Whoever lists one cannot have it: it leads to the server it names. */
  function unwrapped(uri: string): Target | undefined {
    const own = unwrapUri(uri)
    return own && open.has(own.server) ? { server: own.server, name: own.uri } : undefined
  }

  function resource(uri: string): Target | undefined {
    if (only !== undefined) return open.has(only) ? { server: only, name: uri } : undefined
    const own = unwrapped(uri)
    if (own) return own
    const owner = ownerOf(uri)
    return owner && { server: owner.server, name: uri }
  }

  function template(uriTemplate: string): Target | undefined {
    if (only !== undefined) return open.has(only) ? { server: only, name: uriTemplate } : undefined
    return unwrapped(uriTemplate) ?? templates.get(uriTemplate) ?? resource(uriTemplate)
  }

  const shown = (kind: ListKind): ReadonlyMap<string, Entry> =>
    kind === 'tools' ? tools : kind === 'prompts' ? prompts : shownByUri(parts, kind, shownUri)

  const pages = createPages({
    // Of what is shown alone: nobody notices by it that something changed which they may not see.
    version: (kind) => fingerprint(shown(kind).keys()),
    pageSize: options.pageSize,
    listings: (kind) => parts.map(({ listings }) => listings[kind]),
    shown,
    shownUri: only === undefined ? shownUri : undefined,
  })

  return {
    servers,
    tools,
    prompts,
    resource,
    template,
    shownUri,
    rewritesUris: only === undefined,
    page: pages,
  }
}

function templateFor(templates: ReadonlyMap<string, Entry>, uri: string): Entry | undefined {
  return templates.values().find((entry) => matchesTemplate(entry.name, uri))
}

function entriesOf(parts: readonly ServerListings[], kind: ListKind): readonly Entry[] {
  return parts.flatMap(({ listings }) => listings[kind].entries)
}

/** The first server that lists a URI keeps it as it is. */
function firstOwners(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  const owners = new Map<string, Entry>()
  for (const entry of entries) if (!owners.has(entry.name)) owners.set(entry.name, entry)
  return owners
}

function shownByUri(
  parts: readonly ServerListings[],
  kind: ListKind,
  shownUri: (server: string, uri: string) => string,
): ReadonlyMap<string, Entry> {
  return new Map(entriesOf(parts, kind).map((entry) => [shownUri(entry.server, entry.name), entry]))
}
