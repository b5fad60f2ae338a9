import type { ServerConfig } from '../../contract/config.ts'
import { GatewayError, isFailure } from '../../contract/gateway-error.ts'
import type { ServerState } from '../../contract/status.ts'
import type { Message } from '../../wire/message.ts'
import type { Call, Destination, Done } from '../call/call.ts'
import type { Era, LogLevel } from '../call/era.ts'
import { logLevels } from '../call/era.ts'
import type { Entry, Listings } from '../catalog/listing.ts'
import type { Log } from '../observe/log.ts'
import { ServerStats } from '../observe/server-stats.ts'
import { Guard } from '../pipeline/guard.ts'
import { reasonFrom } from './fetch-listing.ts'
import { Recovery } from './recovery.ts'
import { ServerLists } from './server-lists.ts'
import { SessionConnections } from './session-connections.ts'
import { Upkeep } from './upkeep.ts'
import type { ConnectUpstream, Greeting, ListKind, Upstream, UpstreamEvents } from './upstream.ts'
import { listKinds } from './upstream.ts'

/** What the gateway remembers of a server between runs. */
export interface Remembered {
  readonly greeting: Greeting
  readonly listings: Listings
}

export interface ServerDeps {
  readonly connect: (config: ServerConfig, knownEra: Era | undefined) => ConnectUpstream
  readonly remember: (config: ServerConfig, remembered: Remembered) => void
  readonly log: Log
  readonly now: () => number
  readonly later: (ms: number, work: () => void) => void
  readonly random: () => number
  readonly changed: (server: Server, kinds: readonly ListKind[]) => void
  readonly resourceUpdated: (server: Server, uri: string) => void
  /** Keeps equal entries once. */
  readonly share: (entry: Entry) => Entry
  readonly logged: (notification: Message, server: string) => void
}

const drainCheckMs = 50

/** One configured server: its connection, what it offers, and how it is. */
export class Server implements Destination {
  readonly config: ServerConfig
  readonly guard: Guard
  readonly stats: ServerStats
  readonly #deps: ServerDeps
  readonly #ending = new AbortController()
  readonly #lists: ServerLists
  readonly #sessions: SessionConnections
  readonly #recovery: Recovery
  #upkeep: Upkeep | undefined
  #upstream: Upstream | undefined
  #connecting: Promise<Upstream> | undefined
  #state: ServerState
  #reason: string | undefined
  /** It was open once and went away. */
  #hasEnded = false
  #greeting: Greeting | undefined
  #rememberedEra: Era | undefined
  #openedAt = 0
  #answersAtOpen = 0
  #startedMs: number | undefined
  #watched: readonly string[] = []
  #level: LogLevel | undefined
  /** Settles when the one that this one replaces is gone, where both cannot run at once. */
  #after: PromiseLike<void> | undefined

  constructor(
    config: ServerConfig,
    remembered: Remembered | undefined,
    deps: ServerDeps,
    before?: Server,
  ) {
    this.config = config
    this.#deps = deps
    this.guard = new Guard(config, deps.random)
    this.stats = before?.stats ?? new ServerStats()
    this.#level = before?.level
    this.#state = config.enabled ? 'stopped' : 'disabled'
    this.#greeting = remembered?.greeting
    this.#rememberedEra = remembered?.greeting.era
    this.#recovery = new Recovery({ ...deps, config, open: () => this.open() })
    // Only legacy clients have sessions, and a server of both eras can ask them back in theirs only.
    this.#sessions = new SessionConnections(() => this.#dial('legacy'))
    this.#lists = new ServerLists(config, remembered?.listings, {
      later: deps.later,
      upstream: () => this.#upstream,
      changed: (kind) => deps.changed(this, [kind]),
      problem: (reason) => {
        // Of one that is gone it is known better why it is not ready.
        if (this.#upstream) this.#reason = reason
      },
      refreshed: (isNews) => this.#rememberNews(isNews),
      share: deps.share,
    })
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
    return this.#lists.listings
  }

  knows(kind: ListKind): boolean {
    return this.#lists.knows(kind)
  }

  get pid(): number | undefined {
    return this.#upstream?.pid
  }

  get startedMs(): number | undefined {
    return this.#startedMs
  }

  get level(): LogLevel | undefined {
    return this.#level
  }

  /** How it answered when it was last asked whether it is there. */
  get health(): { readonly agoMs: number; readonly tookMs: number } | undefined {
    const health = this.#upkeep?.health
    return health && { agoMs: this.#deps.now() - health.at, tookMs: health.tookMs }
  }

  /** How long until it is tried again by itself. */
  get nextAttemptMs(): number | undefined {
    return this.#recovery.nextAttemptMs
  }

  get callsInFlight(): number {
    return this.guard.bulkhead.running + this.guard.bulkhead.queued
  }

  /** Requests that the shared connection has not answered yet. */
  get pending(): number {
    return this.#upstream?.pending ?? 0
  }

  /** Connections of its own that client sessions have. */
  get sessionConnections(): number {
    return this.#sessions.size
  }

  /** Whether it is started with the gateway: always, until its lists are known. */
  get startsByItself(): boolean {
    return this.config.enabled && (this.config.start === 'eager' || !this.#lists.areKnown)
  }

  /** Sends the call on the connection its session has, opening it when need be. */
  send = (call: Call, done: Done): void => {
    const session = this.config.scope === 'session' ? call.spec.caller.session : undefined
    if (session === undefined && this.#upstream) return this.#upstream.send(call, done)
    const opening = session === undefined ? this.#wake() : this.#sessions.for(session, this.#level)
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

  /** A call got no answer in its time. */
  timedOut(): void {
    this.#upkeep?.timedOut()
  }

  /** So many calls failed that it is left alone for a while. */
  rests(): void {
    this.stats.breakerOpenings++
    this.#deps.log.warn('breaker_opened', { server: this.name })
  }

  /** Opens the shared connection, once for everybody who waits. */
  open(): Promise<Upstream> {
    // While it opens, the connection may be there and its lists not yet.
    if (this.#connecting) return this.#connecting
    if (this.#upstream) return Promise.resolve(this.#upstream)
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(this.#unreachable(refusal))
    this.#connecting = this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  /** Something may have been put right: what was given up is tried once more. */
  retry(): void {
    if (this.#state !== 'failed') return
    this.#recovery.clear()
    // Its own state tells how it went.
    this.open().catch(() => undefined)
  }

  /** Asks it anew for everything it offers. */
  async refresh(): Promise<void> {
    await this.#lists.refresh(await this.open(), listKinds)
  }

  /** Ends its connection, with the calls that are under way, and opens another. */
  async restart(): Promise<void> {
    const upstream = this.#upstream
    this.#upstream = undefined
    this.#upkeep = undefined
    this.#recovery.clear()
    const gone = upstream?.[Symbol.asyncDispose]()
    if (!this.config.overlap) this.#after = gone
    await Promise.all([this.open(), gone])
  }

  /** It begins only when the one before it is gone. */
  startAfter(gone: PromiseLike<void>): void {
    this.#after = gone
  }

  /** Called about once a second. */
  turn(): void {
    if (this.#upstream) this.#upkeep?.turn()
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
    this.#sessions.setLogLevel(level)
  }

  endSession(session: string): void {
    this.#sessions.end(session)
  }

  /** Takes no new calls of other generations; ends once those it has are done, or the time is over. */
  async retire(drainMs: number): Promise<void> {
    if (this.#state !== 'disabled') this.#state = 'draining'
    this.#recovery.clear()
    const until = this.#deps.now() + drainMs
    while (this.callsInFlight > 0 && this.#deps.now() < until) await this.#pause(drainCheckMs)
    await this.stop()
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    this.#recovery.clear()
    const open = [this.#upstream, await this.#connecting?.catch(() => undefined)]
    await Promise.allSettled([
      this.#sessions.endAll(),
      ...open.map(async (upstream) => upstream?.[Symbol.asyncDispose]()),
    ])
    if (this.#state !== 'disabled') this.#state = 'stopped'
  }

  /** Opens it for a call, at a pace that spares a server that keeps failing. */
  #wake(): Promise<Upstream> {
    if (this.#connecting || this.#upstream) return this.open()
    try {
      return this.#recovery.wait() ?? this.open()
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #refusal(): string | undefined {
    if (this.#state === 'disabled') return 'it is disabled'
    if (!this.#ending.signal.aborted) return undefined
    return 'it is being stopped'
  }

  async #connect(): Promise<Upstream> {
    if (this.#state !== 'draining') this.#state = 'starting'
    const began = this.#deps.now()
    try {
      await this.#after
      const upstream = await this.#dial(this.#greeting?.era)
      await this.#adopt(upstream)
      this.#startedMs = this.#deps.now() - began
      this.#deps.log.debug('server_ready', { server: this.name, ms: Math.round(this.#startedMs) })
      return upstream
    } catch (error) {
      // One that was open for a moment has been dealt with when it was lost.
      if (this.#state === 'starting' && !this.#ending.signal.aborted)
        this.#fail(this.#asFailure(error), this.#hasEnded ? 'backoff' : 'failed')
      throw error
    }
  }

  /** An era found earlier may be out of date: when it leads nowhere the server is asked anew. */
  async #dial(known: Era | undefined): Promise<Upstream> {
    const events = this.#events()
    try {
      return await this.#deps.connect(this.config, known)(events, this.#ending.signal)
    } catch (error) {
      if (known === undefined || this.#ending.signal.aborted || isLasting(error)) throw error
      return this.#deps.connect(this.config, undefined)(events, this.#ending.signal)
    }
  }

  async #adopt(upstream: Upstream): Promise<void> {
    this.#upstream = upstream
    this.#greeting = upstream.greeting
    this.#recovery.clear()
    this.#reason = undefined
    this.#openedAt = this.#deps.now()
    this.#answersAtOpen = this.stats.results + this.stats.errors
    this.guard.renew()
    this.#upkeep = this.#createUpkeep()
    void upstream.closed.then((reason) => this.#lost(upstream, reason))
    if (this.#state !== 'draining') this.#state = 'ready'
    if (this.#hasEnded) this.stats.restarts++
    this.#hasEnded = false
    if (this.#watched.length > 0) void upstream.watch(this.#watched)
    this.#watchedMayDiffer()
    if (this.#level) upstream.setLogLevel(this.#level)
    await this.#lists.refresh(upstream, listKinds)
    if (this.#upstream === upstream) return
    throw this.#unreachable(
      `it ended while it was asked for its lists: ${this.#reason ?? 'nobody knows why'}`,
    )
  }

  #lost(upstream: Upstream, reason: string): void {
    if (this.#upstream !== upstream) return
    this.#upstream = undefined
    this.#upkeep = undefined
    if (this.#ending.signal.aborted) return
    this.#hasEnded = true
    // A crash of one that was of use before is no crash loop.
    const wasOfUse = this.stats.results + this.stats.errors > this.#answersAtOpen
    const livedMs = wasOfUse ? Number.POSITIVE_INFINITY : this.#deps.now() - this.#openedAt
    this.#fail(this.#unreachable(reason), 'backoff', livedMs)
  }

  /** Decides what becomes of a server that ended or did not start. */
  #fail(error: GatewayError, state: 'backoff' | 'failed', livedMs?: number): void {
    const prospect = this.#recovery.failed(error, livedMs)
    const reason = reasonFrom(error)
    this.#reason =
      prospect === 'rest' ? `${reason} (again and again: it is left alone for a while)` : reason
    if (this.#state === 'draining') this.#recovery.clear()
    else this.#state = prospect === 'again' ? state : 'failed'
    if (this.#state === 'backoff' && this.config.start === 'lazy') this.#leaveClosed()
    this.#deps.log.warn(`server_${this.#state}`, {
      server: this.name,
      reason: this.#reason,
      next_attempt_ms: this.nextAttemptMs,
    })
    this.#deps.changed(this, [])
  }

  /** Nobody needs it until the next call. */
  #leaveClosed(): void {
    this.#recovery.clear()
    this.#state = 'stopped'
  }

  #createUpkeep(): Upkeep {
    return new Upkeep({
      config: this.config,
      guard: this.guard,
      stats: this.stats,
      now: this.#deps.now,
      upstream: () => this.#upstream,
      sleep: () => this.#sleep(),
      renew: (reason) => this.#renew(reason),
      problem: (reason) => {
        this.#reason = reason
      },
    })
  }

  #sleep(): void {
    const upstream = this.#upstream
    if (!upstream || this.callsInFlight > 0) return
    this.#upstream = undefined
    this.#upkeep = undefined
    this.#state = 'stopped'
    this.#reason = 'it is idle; the next call starts it'
    this.#deps.log.info('server_idle', { server: this.name })
    this.#after = upstream[Symbol.asyncDispose]()
  }

  #renew(reason: string): void {
    const upstream = this.#upstream
    if (!upstream) return
    this.#lost(upstream, reason)
    const gone = upstream[Symbol.asyncDispose]()
    if (!this.config.overlap) this.#after = gone
  }

  #events(): UpstreamEvents {
    return {
      listChanged: (kind) => this.#lists.markStale(kind),
      resourceUpdated: (uri) => this.#deps.resourceUpdated(this, uri),
      missed: () => {
        for (const kind of listKinds) this.#lists.markStale(kind)
        this.#watchedMayDiffer()
      },
      logged: (message) => this.#deps.logged(message, this.name),
      health: (problem) => {
        this.#reason = problem
      },
      noise: (kind) => {
        this.stats.noise(kind)
        if (kind === 'unreadable') this.#upkeep?.heardNoise()
      },
    }
  }

  /** What is followed is worth another look: nobody watched it for a while. */
  #watchedMayDiffer(): void {
    for (const uri of this.#watched) this.#deps.resourceUpdated(this, uri)
  }

  #rememberNews(isNews: boolean): void {
    if (!this.#greeting || (!isNews && this.#greeting.era === this.#rememberedEra)) return
    this.#rememberedEra = this.#greeting.era
    this.#deps.remember(this.config, { greeting: this.#greeting, listings: this.listings })
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#deps.later(ms, resolve))
  }

  #unreachable(reason: string): GatewayError {
    return new GatewayError('server_unreachable', { server: this.name, reason })
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

function isLasting(error: unknown): boolean {
  return isFailure(error, 'server_unreachable') && error.data.isLasting === true
}
