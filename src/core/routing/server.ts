import type { ServerConfig } from '../../contract/config.ts'
import { GatewayError } from '../../contract/failure.ts'
import type { Call, Done } from '../call/call.ts'
import type { Era, LogLevel } from '../call/era.ts'
import { logLevels } from '../call/era.ts'
import type { Listing, Listings } from '../catalog/listing.ts'
import { emptyListing, emptyListings, listWords, readPage } from '../catalog/listing.ts'
import type { ConnectUpstream, Greeting, ListKind, Upstream, UpstreamEvents } from './upstream.ts'
import { listKinds } from './upstream.ts'

export type ServerState = 'disabled' | 'starting' | 'ready' | 'stopped' | 'failed'

/** What the gateway remembers of a server between runs. */
export interface Remembered {
  readonly greeting: Greeting
  readonly listings: Listings
}

export interface ServerDeps {
  readonly connect: (config: ServerConfig, knownEra: Era | undefined) => ConnectUpstream
  readonly remember: (config: ServerConfig, remembered: Remembered) => void
  readonly now: () => number
  readonly later: (ms: number, work: () => void) => void
  readonly changed: (server: Server, kinds: readonly ListKind[]) => void
  readonly resourceUpdated: (server: Server, uri: string) => void
  readonly logged: UpstreamEvents['logged']
}

const maxPages = 100
const refreshPauseMs = 250

/** One configured server: its connection, what it offers, and how it is. */
export class Server {
  readonly config: ServerConfig
  readonly #deps: ServerDeps
  readonly #ending = new AbortController()
  readonly #sessions = new Map<string, Promise<Upstream>>()
  #upstream: Upstream | undefined
  #connecting: Promise<Upstream> | undefined
  #state: ServerState
  #reason: string | undefined
  #greeting: Greeting | undefined
  #listings: Listings = emptyListings
  #hasListed = false
  #attempts = 0
  #startedMs: number | undefined
  #watched: readonly string[] = []
  #level: LogLevel | undefined
  readonly #stale = new Set<ListKind>()

  constructor(config: ServerConfig, remembered: Remembered | undefined, deps: ServerDeps) {
    this.config = config
    this.#deps = deps
    this.#state = config.enabled ? 'stopped' : 'disabled'
    this.#greeting = remembered?.greeting
    this.#listings = remembered?.listings ?? emptyListings
    this.#hasListed = remembered !== undefined
  }

  get name(): string {
    return this.config.name
  }

  get state(): ServerState {
    return this.#state
  }

  /** Why it is not ready, or what is wrong with it at the moment. */
  get reason(): string | undefined {
    return this.#reason
  }

  get greeting(): Greeting | undefined {
    return this.#greeting
  }

  get listings(): Listings {
    return this.#listings
  }

  /** Whether its lists are known, be it from an earlier run. */
  get hasListed(): boolean {
    return this.#hasListed
  }

  get pid(): number | undefined {
    return this.#upstream?.pid
  }

  get startedMs(): number | undefined {
    return this.#startedMs
  }

  /** Sends the call on the connection its session has, opening it when need be. */
  send(call: Call, done: Done): void {
    const session = this.config.scope === 'session' ? call.spec.caller.session : undefined
    if (session === undefined && this.#upstream) return this.#upstream.send(call, done)
    const opening = session === undefined ? this.open() : this.#openFor(session)
    let isWaiting = true
    call.abort = (error) => {
      isWaiting = false
      done({ kind: 'failure', error, phase: 'not_sent' })
    }
    const settle = (then: () => void) => {
      if (!isWaiting) return
      isWaiting = false
      call.abort = undefined
      then()
    }
    opening.then(
      (upstream) => settle(() => upstream.send(call, done)),
      (error: unknown) =>
        settle(() => done({ kind: 'failure', error: this.#asFailure(error), phase: 'not_sent' })),
    )
  }

  /** Opens the shared connection, once for everybody who waits. */
  open(): Promise<Upstream> {
    if (this.#upstream) return Promise.resolve(this.#upstream)
    if (this.#state === 'disabled' || this.#ending.signal.aborted) {
      const reason = this.#state === 'disabled' ? 'it is disabled' : 'the gateway is shutting down'
      return Promise.reject(new GatewayError('server_unreachable', { server: this.name, reason }))
    }
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  /** Which resources clients want to hear of, in the server's spelling. */
  watch(uris: readonly string[]): void {
    this.#watched = uris
    this.#upstream?.watch(uris)
  }

  /** Log messages of this severity are wanted by somebody; it is never lowered again. */
  wantLogs(level: LogLevel): void {
    if (this.#level !== undefined && logLevels.indexOf(this.#level) <= logLevels.indexOf(level))
      return
    this.#level = level
    this.#upstream?.setLogLevel(level)
  }

  /** A client session ended: its own connection, if it had one, ends too. */
  endSession(session: string): void {
    const upstream = this.#sessions.get(session)
    this.#sessions.delete(session)
    void upstream?.then((open) => open[Symbol.asyncDispose]()).catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    const open = [this.#upstream, await this.#connecting?.catch(() => undefined)]
    const sessions = await Promise.allSettled(this.#sessions.values())
    for (const result of sessions) if (result.status === 'fulfilled') open.push(result.value)
    await Promise.allSettled(open.map((upstream) => upstream?.[Symbol.asyncDispose]()))
    if (this.#state !== 'disabled') this.#state = 'stopped'
  }

  async #connect(): Promise<Upstream> {
    this.#state = 'starting'
    const began = this.#deps.now()
    try {
      const upstream = await this.#dial()
      await this.#adopt(upstream)
      this.#startedMs = this.#deps.now() - began
      return upstream
    } catch (error) {
      this.#state = 'failed'
      this.#reason = reasonFrom(error)
      this.#deps.changed(this, [])
      throw error
    }
  }

  /** An era found earlier may be out of date: when it leads nowhere the server is asked anew. */
  async #dial(): Promise<Upstream> {
    const events = this.#events()
    const known = this.#greeting?.era
    try {
      return await this.#deps.connect(this.config, known)(events, this.#ending.signal)
    } catch (error) {
      if (known === undefined || this.#ending.signal.aborted) throw error
      return this.#deps.connect(this.config, undefined)(events, this.#ending.signal)
    }
  }

  async #adopt(upstream: Upstream): Promise<void> {
    this.#upstream = upstream
    this.#greeting = upstream.greeting
    this.#state = 'ready'
    this.#reason = undefined
    void upstream.closed.then((reason) => this.#lost(upstream, reason))
    if (this.#watched.length > 0) upstream.watch(this.#watched)
    if (this.#level) upstream.setLogLevel(this.#level)
    await this.#refresh(upstream, listKinds)
    const openedAt = this.#deps.now()
    void upstream.closed.then(() => {
      if (this.#deps.now() - openedAt > 30_000) this.#attempts = 0
    })
  }

  #lost(upstream: Upstream, reason: string): void {
    if (this.#upstream !== upstream) return
    this.#upstream = undefined
    if (this.#ending.signal.aborted) return
    this.#state = 'stopped'
    this.#reason = reason
    this.#deps.changed(this, [])
    // At once the first time, then ever more slowly.
    const pauseMs = this.#attempts === 0 ? 0 : Math.min(30_000, 250 * 2 ** this.#attempts)
    this.#attempts++
    if (this.#attempts > 8) {
      this.#state = 'failed'
      this.#reason = `it ended ${this.#attempts} times in a row; last: ${reason}`
      return
    }
    this.#deps.later(pauseMs, () => {
      if (!this.#ending.signal.aborted) void this.open().catch(() => undefined)
    })
  }

  #openFor(session: string): Promise<Upstream> {
    const existing = this.#sessions.get(session)
    if (existing) return existing
    const opening = this.#dial()
    this.#sessions.set(session, opening)
    const forget = () => {
      if (this.#sessions.get(session) === opening) this.#sessions.delete(session)
    }
    opening.then((upstream) => void upstream.closed.then(forget), forget)
    return opening
  }

  #events(): UpstreamEvents {
    return {
      listChanged: (kind) => this.#markStale(kind),
      resourceUpdated: (uri) => this.#deps.resourceUpdated(this, uri),
      logged: (message) => this.#deps.logged(message),
      health: (problem) => {
        this.#reason = problem
      },
    }
  }

  /** Changes come in bursts: one refresh for all that came while it waited. */
  #markStale(kind: ListKind): void {
    const isScheduled = this.#stale.size > 0
    this.#stale.add(kind)
    if (isScheduled) return
    this.#deps.later(refreshPauseMs, () => {
      const kinds = [...this.#stale]
      this.#stale.clear()
      if (this.#upstream && !this.#ending.signal.aborted) void this.#refresh(this.#upstream, kinds)
    })
  }

  async #refresh(upstream: Upstream, kinds: readonly ListKind[]): Promise<void> {
    const before = this.#listings
    const fresh = await Promise.all(
      kinds.map(async (kind) => [kind, await this.#list(upstream, kind)] as const),
    )
    const changed = fresh.filter(
      ([kind, listing]) => !this.#hasListed || !isSame(before[kind], listing),
    )
    this.#listings = { ...this.#listings, ...Object.fromEntries(fresh) }
    this.#hasListed = true
    if (changed.length === 0) return
    if (this.#greeting)
      this.#deps.remember(this.config, { greeting: this.#greeting, listings: this.#listings })
    this.#deps.changed(
      this,
      changed.map(([kind]) => kind),
    )
  }

  /** All pages of a list. A list that fails leaves the last known one in place. */
  async #list(upstream: Upstream, kind: ListKind): Promise<Listing> {
    if (!offers(upstream.greeting, kind)) return emptyListing
    const { method } = listWords[kind]
    const entries: Listing['entries'][number][] = []
    const seen = new Set<string>()
    let cursor: string | undefined
    let ttlMs = Number.POSITIVE_INFINITY
    let cacheScope: 'public' | 'private' = 'public'
    try {
      for (let page = 0; page < maxPages; page++) {
        const params = cursor === undefined ? '{}' : `{"cursor":${JSON.stringify(cursor)}}`
        const reply = await upstream.request(method, params, this.config.timeoutMs)
        if (reply.isError) {
          if (kind === 'tools' || kind === 'prompts')
            this.#reason = `it refused ${method}: ${reply.raw(5)}`
          return this.#listings[kind]
        }
        const read = readPage(this.name, kind, reply)
        entries.push(...read.entries)
        ttlMs = Math.min(ttlMs, read.ttlMs)
        if (read.cacheScope === 'private') cacheScope = 'private'
        cursor = read.nextCursor
        if (cursor === undefined) return { entries, ttlMs, cacheScope }
        if (seen.has(cursor)) break
        seen.add(cursor)
      }
      this.#reason = `its ${method} has no end: the pages repeat or are more than ${maxPages}`
    } catch (error) {
      this.#reason = reasonFrom(error)
    }
    return this.#listings[kind]
  }

  #asFailure(error: unknown): GatewayError {
    if (error instanceof GatewayError) return error
    return new GatewayError(
      'server_unreachable',
      { server: this.name, reason: reasonFrom(error) },
      { cause: error },
    )
  }
}

/** Old servers do not declare what they have; what is declared absent is not asked for. */
function offers({ capabilities }: Greeting, kind: ListKind): boolean {
  if (kind === 'tools') return capabilities.tools !== undefined
  if (kind === 'prompts') return capabilities.prompts !== undefined
  return capabilities.resources !== undefined
}

function isSame(a: Listing, b: Listing): boolean {
  return (
    a.entries.length === b.entries.length &&
    a.ttlMs === b.ttlMs &&
    a.cacheScope === b.cacheScope &&
    a.entries.every((entry, index) => b.entries[index]?.bytes.equals(entry.bytes))
  )
}

function reasonFrom(error: unknown): string {
  if (error instanceof GatewayError && error.code === 'server_unreachable') {
    return (error.data as { reason: string }).reason
  }
  return error instanceof Error ? error.message : String(error)
}
