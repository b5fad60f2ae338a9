import type { ServerConfig } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Call, Done } from '../call/call.ts'
import type { Era, LogLevel } from '../call/era.ts'
import { logLevels } from '../call/era.ts'
import type { Listings } from '../catalog/listing.ts'
import { emptyListings, isSameListing } from '../catalog/listing.ts'
import { fetchListing, reasonFrom } from './fetch-listing.ts'
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

const refreshPauseMs = 250
/** A list that could not be had is asked for again after this. */
const relistPauseMs = 30_000
/** A connection that lasted this long is no sign of a server that keeps failing. */
const healthyMs = 30_000

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
  #rememberedEra: Era | undefined
  #listings: Listings = emptyListings
  #attempts = 0
  #willOpen = false
  #openedAt = 0
  #startedMs: number | undefined
  #watched: readonly string[] = []
  #level: LogLevel | undefined
  readonly #stale = new Set<ListKind>()
  readonly #known: Set<ListKind>

  constructor(config: ServerConfig, remembered: Remembered | undefined, deps: ServerDeps) {
    this.config = config
    this.#deps = deps
    this.#state = config.enabled ? 'stopped' : 'disabled'
    this.#greeting = remembered?.greeting
    this.#rememberedEra = remembered?.greeting.era
    this.#listings = remembered?.listings ?? emptyListings
    this.#known = new Set(remembered ? listKinds : [])
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

  /** Whether this list of it is known, be it from an earlier run. */
  knows(kind: ListKind): boolean {
    return this.#known.has(kind)
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
    // While it opens, the connection may be there and its lists not yet.
    if (this.#connecting) return this.#connecting
    if (this.#upstream) return Promise.resolve(this.#upstream)
    if (this.#state === 'disabled' || this.#ending.signal.aborted) {
      const reason = this.#state === 'disabled' ? 'it is disabled' : 'the gateway is shutting down'
      return Promise.reject(new GatewayError('server_unreachable', { server: this.name, reason }))
    }
    this.#connecting = this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  /** Which resources clients want to hear of, in the server's spelling. */
  watch(uris: readonly string[]): Promise<unknown> | undefined {
    this.#watched = uris
    return this.#upstream?.watch(uris)
  }

  /** Log messages of this severity are wanted by somebody; it is never lowered again. */
  wantLogs(level: LogLevel): void {
    if (this.#level !== undefined && logLevels.indexOf(this.#level) <= logLevels.indexOf(level))
      return
    this.#level = level
    this.#upstream?.setLogLevel(level)
    for (const opening of this.#sessions.values()) {
      // One that cannot be opened has told its callers so.
      opening.then((upstream) => upstream.setLogLevel(level)).catch(() => undefined)
    }
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
    await Promise.allSettled(
      open.flatMap((upstream) => (upstream ? [upstream[Symbol.asyncDispose]()] : [])),
    )
    if (this.#state !== 'disabled') this.#state = 'stopped'
  }

  async #connect(): Promise<Upstream> {
    this.#state = 'starting'
    const began = this.#deps.now()
    try {
      const upstream = await this.#dial(this.#greeting?.era)
      await this.#adopt(upstream)
      this.#startedMs = this.#deps.now() - began
      return upstream
    } catch (error) {
      this.#state = 'failed'
      this.#reason = reasonFrom(error)
      this.#deps.changed(this, [])
      this.#attempts = Math.max(1, this.#attempts)
      this.#openLater()
      throw error
    }
  }

  /** An era found earlier may be out of date: when it leads nowhere the server is asked anew. */
  async #dial(known: Era | undefined): Promise<Upstream> {
    const events = this.#events()
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
    if (this.#watched.length > 0) void upstream.watch(this.#watched)
    this.#watchedMayDiffer()
    if (this.#level) upstream.setLogLevel(this.#level)
    this.#openedAt = this.#deps.now()
    await this.#refresh(upstream, listKinds)
    if (this.#upstream === upstream) return
    const reason = `it ended while it was asked for its lists: ${this.#reason ?? 'nobody knows why'}`
    throw new GatewayError('server_unreachable', { server: this.name, reason })
  }

  #lost(upstream: Upstream, reason: string): void {
    if (this.#upstream !== upstream) return
    this.#upstream = undefined
    if (this.#ending.signal.aborted) return
    this.#state = 'stopped'
    this.#reason = reason
    this.#deps.changed(this, [])
    if (this.#deps.now() - this.#openedAt > healthyMs) this.#attempts = 0
    this.#openLater()
    if (this.#attempts <= 8) return
    this.#state = 'failed'
    this.#reason = `it ended ${this.#attempts} times in a row; last: ${reason}`
  }

  /** At once the first time, then ever more slowly, and without an end: what is down may come back. */
  #openLater(): void {
    if (this.#willOpen) return
    this.#willOpen = true
    const pauseMs = this.#attempts === 0 ? 0 : Math.min(30_000, 250 * 2 ** this.#attempts)
    this.#attempts++
    this.#deps.later(pauseMs, () => {
      this.#willOpen = false
      if (this.#upstream || this.#ending.signal.aborted) return
      // Its own state tells how it went.
      void this.open().catch(() => undefined)
    })
  }

  #openFor(session: string): Promise<Upstream> {
    const existing = this.#sessions.get(session)
    if (existing) return existing
    // Only legacy clients have sessions, and a server of both eras can ask them back in theirs only.
    const opening = this.#dial('legacy')
    this.#sessions.set(session, opening)
    const forget = () => {
      if (this.#sessions.get(session) === opening) this.#sessions.delete(session)
    }
    opening.then((upstream) => {
      if (this.#level) upstream.setLogLevel(this.#level)
      void upstream.closed.then(forget)
    }, forget)
    return opening
  }

  #events(): UpstreamEvents {
    return {
      listChanged: (kind) => this.#markStale(kind),
      resourceUpdated: (uri) => this.#deps.resourceUpdated(this, uri),
      missed: () => {
        for (const kind of listKinds) this.#markStale(kind)
        this.#watchedMayDiffer()
      },
      logged: (message) => this.#deps.logged(message),
      health: (problem) => {
        this.#reason = problem
      },
    }
  }

  /** What is followed is worth another look: nobody watched it for a while. */
  #watchedMayDiffer(): void {
    for (const uri of this.#watched) this.#deps.resourceUpdated(this, uri)
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
    const failed: ListKind[] = []
    await Promise.all(
      kinds.map(async (kind) => {
        if (!(await this.#relist(upstream, kind))) failed.push(kind)
      }),
    )
    const isNews = this.#listings !== before || this.#greeting?.era !== this.#rememberedEra
    if (this.#greeting && isNews) {
      this.#rememberedEra = this.#greeting.era
      this.#deps.remember(this.config, { greeting: this.#greeting, listings: this.#listings })
    }
    if (failed.length === 0) return
    this.#deps.later(relistPauseMs, () => {
      if (this.#upstream === upstream) for (const kind of failed) this.#markStale(kind)
    })
  }

  /** A list that cannot be had leaves the last known one in place. */
  async #relist(upstream: Upstream, kind: ListKind): Promise<boolean> {
    const fetched = await fetchListing(upstream, kind, this.config)
    if ('problem' in fetched) {
      this.#reason = fetched.problem
      return false
    }
    const isNews = !this.#known.has(kind) || !isSameListing(this.#listings[kind], fetched.listing)
    this.#known.add(kind)
    if (!isNews) return true
    this.#listings = { ...this.#listings, [kind]: fetched.listing }
    this.#deps.changed(this, [kind])
    return true
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
