import type { ServerConfig } from '../../contract/config.ts'
import { GatewayError, isFailure } from '../../contract/gateway-error.ts'
import type { ServerState } from '../../contract/status.ts'
import type { Message } from '../../wire/message.ts'
import type { Destination, Done, RoutedCall } from '../call/call.ts'
import type { Era, LogLevel } from '../call/era.ts'
import { logLevels } from '../call/era.ts'
import { Intake } from '../catalog/intake.ts'
import type { Entry, Listings } from '../catalog/listing.ts'
import type { PinBook } from '../catalog/pins.ts'
import type { Log } from '../observe/log.ts'
import { ServerStats } from '../observe/server-stats.ts'
import { Guard } from '../pipeline/guard.ts'
import { heldBack } from '../pipeline/pins.ts'
import type { Credentials, SignInState } from '../sign-in/credentials.ts'
import { reasonFrom } from './fetch-listing.ts'
import { ServerLists } from './server-lists.ts'
import { SessionConnections } from './session-connections.ts'
import { SharedConnection } from './shared-connection.ts'
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
  /** How a server is signed in to with tokens; undefined where it is not. */
  readonly credentials?: (config: ServerConfig) => Credentials | undefined
  readonly log: Log
  readonly now: () => number
  readonly later: (ms: number, work: () => void) => void
  readonly random: () => number
  readonly changed: (server: Server, kinds: readonly ListKind[]) => void
  readonly resourceUpdated: (server: Server, uri: string) => void
  /** What tools were when they were found good; left out where nothing is remembered. */
  readonly pins?: PinBook | undefined
  /** Keeps equal entries once. */
  readonly share: (entry: Entry) => Entry
  readonly logged: (notification: Message, server: string) => void
}

/** One configured server: how it is reached, what it offers, and how it is. */
export class Server implements Destination {
  readonly config: ServerConfig
  readonly guard: Guard
  readonly stats: ServerStats
  /** What it says of itself, as far as it is taken over. */
  readonly intake: Intake
  readonly #deps: ServerDeps
  readonly #credentials: Credentials | undefined
  readonly #shared: SharedConnection
  readonly #sessions: SessionConnections
  readonly #lists: ServerLists
  #greeting: Greeting | undefined
  #rememberedEra: Era | undefined
  #watched: readonly string[] = []
  #level: LogLevel | undefined

  constructor(
    config: ServerConfig,
    remembered: Remembered | undefined,
    deps: ServerDeps,
    before?: Server,
  ) {
    this.config = config
    this.#deps = deps
    this.#credentials = deps.credentials?.(config)
    this.guard = new Guard(config, deps.random)
    this.stats = before?.stats ?? new ServerStats()
    const pins = deps.pins?.of(config.name)
    this.intake = new Intake({ config, pins, log: deps.log, stats: this.stats })
    this.#level = before?.level
    this.#greeting = remembered?.greeting
    this.#rememberedEra = remembered?.greeting.era
    this.#shared = new SharedConnection({
      world: deps,
      config,
      guard: this.guard,
      stats: this.stats,
      dial: () => this.#dial(this.#greeting?.era),
      opened: (upstream) => this.#opened(upstream),
      changed: () => deps.changed(this, []),
    })
    // Only legacy clients have sessions, and a server of both eras can ask them back in theirs only.
    this.#sessions = new SessionConnections(() => this.#dial('legacy'))
    this.#lists = new ServerLists(config, remembered?.listings, {
      later: deps.later,
      upstream: () => this.#shared.upstream,
      changed: (kind) => deps.changed(this, [kind]),
      problem: (reason) => {
        // Of one that is gone it is known better why it is not ready.
        if (this.#shared.upstream) this.#shared.report(reason)
      },
      refreshed: (isNews) => this.#rememberNews(isNews),
      admit: (kind, offered) => this.intake.admit(kind, offered),
      share: deps.share,
    })
  }

  get name(): string {
    return this.config.name
  }

  get state(): ServerState {
    return this.#shared.state
  }

  /** Why it is not ready, or what is wrong with it at the moment. */
  get reason(): string | undefined {
    return this.#shared.reason
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
    return this.#shared.upstream?.pid
  }

  get startedMs(): number | undefined {
    return this.#shared.startedMs
  }

  get level(): LogLevel | undefined {
    return this.#level
  }

  /** How it answered when it was last asked whether it is there. */
  get health(): { readonly agoMs: number; readonly tookMs: number } | undefined {
    const { health } = this.#shared
    return health && { agoMs: this.#deps.now() - health.at, tookMs: health.tookMs }
  }

  /** How the sign-in with tokens is; undefined where there is none. */
  get signIn(): SignInState | undefined {
    return this.#credentials?.state
  }

  /** How long until it is tried again by itself. */
  get nextAttemptMs(): number | undefined {
    return this.#shared.nextAttemptMs
  }

  get callsInFlight(): number {
    return this.guard.bulkhead.running + this.guard.bulkhead.queued
  }

  /** Requests that the shared connection has not answered yet. */
  get pending(): number {
    return this.#shared.upstream?.pending ?? 0
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
  send = (call: RoutedCall, done: Done): void => {
    const session = this.config.scope === 'session' ? call.spec.caller.session : undefined
    // Until it has been seen what a server that came back offers, nothing is sent that might have to be refused.
    const isSeen = !this.#shared.isOpening || !this.intake.isStrict
    const open = session === undefined && isSeen ? this.#shared.upstream : undefined
    if (open) return open.send(call, done)
    const opening =
      session === undefined ? this.#shared.wake() : this.#sessions.for(session, this.#level)
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
      (upstream) =>
        settle(() => {
          const error = heldBack(call)
          if (error) done({ kind: 'failure', error, phase: 'not_sent' })
          else upstream.send(call, done)
        }),
      (error: unknown) =>
        settle(() => done({ kind: 'failure', error: this.#asFailure(error), phase: 'not_sent' })),
    )
  }

  /** The tool as it is listed now. */
  current(tool: string): Entry | undefined {
    return this.listings.tools.entries.find(({ name }) => name === tool)
  }

  /** Whether calls of this tool are refused until somebody has looked at it. */
  holds(tool: string): boolean {
    return this.intake.holds(tool)
  }

  /** Somebody has decided about tools that were not what they had been. */
  decided(): void {
    const tools = this.intake.toolsAnew()
    if (tools) this.#lists.replaceTools(tools)
  }

  /** What counts as good is another now: what was listed last is looked at once more. */
  reviewAnew(): void {
    if (!this.#lists.knows('tools')) return
    this.#lists.replaceTools(this.intake.reviewAnew(this.listings.tools))
  }

  /** A call got no answer in its time. */
  timedOut(): void {
    this.#shared.timedOut()
  }

  /** So many calls failed that it is left alone for a while. */
  rests(): void {
    this.stats.breakerOpenings++
    this.#deps.log.warn('breaker_opened', { server: this.name })
  }

  /** Opens the shared connection, once for everybody who waits. */
  open(): Promise<Upstream> {
    return this.#shared.open()
  }

  /** Something may have been put right: what was given up is tried once more. */
  retry(): void {
    this.#credentials?.retry()
    this.#shared.retry()
  }

  /** Asks it anew for everything it offers, with another token where it takes one. */
  async refresh(): Promise<void> {
    await this.#credentials?.renew()
    await this.#lists.refresh(await this.open(), listKinds)
  }

  /** Ends its connection, with the calls that are under way, and opens another. */
  restart(): Promise<void> {
    this.#credentials?.retry()
    return this.#shared.restart()
  }

  /** It begins only when the one before it is gone. */
  startAfter(gone: PromiseLike<void>): void {
    this.#shared.startAfter(gone)
  }

  /** Called about once a second. */
  turn(): void {
    this.#shared.turn()
  }

  /** Which resources clients want to hear of, in the server's spelling. */
  watch(uris: readonly string[]): Promise<unknown> | undefined {
    this.#watched = uris
    return this.#shared.upstream?.watch(uris)
  }

  /** Log messages of this severity are wanted by somebody; it is never lowered again. */
  wantLogs(level: LogLevel): void {
    if (this.#level !== undefined && logLevels.indexOf(this.#level) <= logLevels.indexOf(level))
      return
    this.#level = level
    this.#shared.upstream?.setLogLevel(level)
    this.#sessions.setLogLevel(level)
  }

  endSession(session: string): void {
    this.#sessions.end(session)
  }

  /** Takes no new calls of other generations; ends once those it has are done, or the time is over. */
  async retire(drainMs: number): Promise<void> {
    await this.#shared.drain(() => this.callsInFlight, drainMs)
    await this.stop()
  }

  async stop(): Promise<void> {
    await Promise.all([this.#shared.stop(), this.#sessions.endAll()])
  }

  /** An era found earlier may be out of date: when it leads nowhere the server is asked anew. */
  async #dial(known: Era | undefined): Promise<Upstream> {
    const events = this.#events()
    const { signal } = this.#shared
    try {
      return await this.#deps.connect(this.config, known)(events, signal)
    } catch (error) {
      if (known === undefined || signal.aborted || isLasting(error)) throw error
      return this.#deps.connect(this.config, undefined)(events, signal)
    }
  }

  async #opened(upstream: Upstream): Promise<void> {
    this.#greeting = this.intake.greeting(upstream.greeting)
    if (this.#watched.length > 0) void upstream.watch(this.#watched)
    this.#watchedMayDiffer()
    if (this.#level) upstream.setLogLevel(this.#level)
    await this.#lists.refresh(upstream, listKinds)
  }

  #events(): UpstreamEvents {
    return {
      listChanged: (kind) => this.#lists.markStale(kind),
      resourceUpdated: (uri) => this.#deps.resourceUpdated(this, uri),
      relist: (tool, args) => this.#lists.mirroredAfresh(this.#shared.upstream, tool, args),
      missed: () => {
        for (const kind of listKinds) this.#lists.markStale(kind)
        this.#watchedMayDiffer()
      },
      logged: (message) => this.#deps.logged(message, this.name),
      health: (problem) => this.#shared.report(problem),
      noise: (kind) => {
        this.stats.noise(kind)
        if (kind === 'unreadable') this.#shared.heardNoise()
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

  #asFailure(error: unknown): GatewayError {
    if (error instanceof GatewayError) return error
    const data = { server: this.name, reason: reasonFrom(error) }
    return new GatewayError('server_unreachable', data, { cause: error })
  }
}

/** What no other era would change. */
function isLasting(error: unknown): boolean {
  return (
    isFailure(error, 'auth_refused') ||
    isFailure(error, 'auth_unavailable') ||
    (isFailure(error, 'server_unreachable') && error.data.isLasting === true)
  )
}
