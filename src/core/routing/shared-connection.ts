import type { ServerConfig } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { ServerState } from '../../contract/status.ts'
import type { Log } from '../observe/log.ts'
import type { ServerStats } from '../observe/server-stats.ts'
import type { Guard } from '../pipeline/guard.ts'
import { reasonFrom } from './fetch-listing.ts'
import { Recovery } from './recovery.ts'
import type { HealthCheck } from './upkeep.ts'
import { Upkeep } from './upkeep.ts'
import type { Upstream } from './upstream.ts'

/** What all servers have in common. */
interface World {
  readonly log: Log
  readonly now: () => number
  readonly later: (ms: number, work: () => void) => void
  readonly random: () => number
}

export interface SharedConnectionDeps {
  readonly world: World
  readonly config: ServerConfig
  readonly guard: Guard
  readonly stats: ServerStats
  readonly dial: () => Promise<Upstream>
  /** It is open; settles when the server can be used. */
  readonly opened: (upstream: Upstream) => Promise<void>
  /** The state is another. */
  readonly changed: () => void
}

const drainCheckMs = 50

/** The connection that all clients of a server share: opened, looked after, lost and opened again. */
export class SharedConnection {
  readonly #deps: SharedConnectionDeps
  readonly #ending = new AbortController()
  /** Made when it first goes away: most never do. */
  #recovery: Recovery | undefined
  #upkeep: Upkeep | undefined
  #upstream: Upstream | undefined
  #connecting: Promise<Upstream> | undefined
  #state: ServerState
  #reason: string | undefined
  /** It was open once and went away. */
  #hasEnded = false
  #openedAt = 0
  #answersAtOpen = 0
  #startedMs: number | undefined
  /** Settles when what was there before is gone, where both cannot run at once. */
  #after: PromiseLike<void> | undefined

  constructor(deps: SharedConnectionDeps) {
    this.#deps = deps
    this.#state = deps.config.enabled ? 'stopped' : 'disabled'
  }

  get state(): ServerState {
    return this.#state
  }

  /** Why it is not ready, or what is wrong with it at the moment. */
  get reason(): string | undefined {
    return this.#reason
  }

  get upstream(): Upstream | undefined {
    return this.#upstream
  }

  /** It is on its way, or asked for its lists. */
  get isOpening(): boolean {
    return this.#connecting !== undefined
  }

  get signal(): AbortSignal {
    return this.#ending.signal
  }

  get startedMs(): number | undefined {
    return this.#startedMs
  }

  /** How long until it is opened by itself. */
  get nextAttemptMs(): number | undefined {
    return this.#recovery?.nextAttemptMs
  }

  get health(): HealthCheck | undefined {
    return this.#upkeep?.health
  }

  /** What is wrong with it at the moment, although it is open. */
  report(problem: string | undefined): void {
    this.#reason = problem
  }

  timedOut(): void {
    this.#upkeep?.timedOut()
  }

  heardNoise(): void {
    this.#upkeep?.heardNoise()
  }

  turn(): void {
    this.#upkeep?.turn()
  }

  /** Opens it, once for everybody who waits. */
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

  /** Opens it for a call, at a pace that spares a server that keeps failing. */
  wake(): Promise<Upstream> {
    if (this.#connecting || this.#upstream) return this.open()
    try {
      return this.#recovery?.wait() ?? this.open()
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Something may have been put right: what was given up is tried once more. */
  retry(): void {
    if (this.#state !== 'failed') return
    this.#recovery?.clear()
    // Its own state tells how it went.
    this.open().catch(() => undefined)
  }

  /** Ends it, with the calls that are under way, and opens another. */
  async restart(): Promise<void> {
    const upstream = this.#upstream
    this.#upstream = undefined
    this.#upkeep = undefined
    this.#recovery?.clear()
    const gone = upstream?.[Symbol.asyncDispose]()
    if (!this.#deps.config.overlap) this.#after = gone
    await Promise.all([this.open(), gone])
  }

  /** It begins only when the one before it is gone. */
  startAfter(gone: PromiseLike<void>): void {
    this.#after = gone
  }

  /** Ends once the calls it has are done, or the time is over. */
  async drain(callsInFlight: () => number, drainMs: number): Promise<void> {
    if (this.#state !== 'disabled') this.#state = 'draining'
    this.#recovery?.clear()
    const { now } = this.#deps.world
    const until = now() + drainMs
    while (callsInFlight() > 0 && now() < until) await this.#pause(drainCheckMs)
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    this.#recovery?.clear()
    const open = [this.#upstream, await this.#connecting?.catch(() => undefined)]
    await Promise.allSettled(open.map(async (upstream) => upstream?.[Symbol.asyncDispose]()))
    if (this.#state !== 'disabled') this.#state = 'stopped'
  }

  #refusal(): string | undefined {
    if (this.#state === 'disabled') return 'it is disabled'
    return this.#ending.signal.aborted ? 'it is being stopped' : undefined
  }

  async #connect(): Promise<Upstream> {
    const { config, world } = this.#deps
    const { log, now } = world
    if (this.#state !== 'draining') this.#state = 'starting'
    const began = now()
    try {
      await this.#after
      const upstream = await this.#deps.dial()
      await this.#adopt(upstream)
      this.#startedMs = now() - began
      log.debug('server_ready', { server: config.name, ms: Math.round(this.#startedMs) })
      return upstream
    } catch (error) {
      // One that was open for a moment has been dealt with when it was lost.
      if (this.#state === 'starting' && !this.#ending.signal.aborted)
        this.#fail(this.#asFailure(error), this.#hasEnded ? 'backoff' : 'failed')
      throw error
    }
  }

  async #adopt(upstream: Upstream): Promise<void> {
    const { stats, guard, world } = this.#deps
    this.#upstream = upstream
    this.#recovery?.clear()
    this.#reason = undefined
    this.#openedAt = world.now()
    this.#answersAtOpen = stats.results + stats.errors
    guard.renew()
    this.#upkeep = this.#createUpkeep()
    void upstream.closed.then((reason) => this.#lost(upstream, reason))
    if (this.#state !== 'draining') this.#state = 'ready'
    if (this.#hasEnded) stats.restarts++
    this.#hasEnded = false
    await this.#deps.opened(upstream)
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
    const { stats, world } = this.#deps
    // A crash of one that was of use before is no crash loop.
    const wasOfUse = stats.results + stats.errors > this.#answersAtOpen
    const livedMs = wasOfUse ? Number.POSITIVE_INFINITY : world.now() - this.#openedAt
    this.#fail(this.#unreachable(reason), 'backoff', livedMs)
  }

  /** Decides what becomes of a server that ended or did not start. */
  #fail(error: GatewayError, state: 'backoff' | 'failed', livedMs?: number): void {
    const { world, config, changed } = this.#deps
    const { random, now, later } = world
    this.#recovery ??= new Recovery({ config, random, now, later, open: () => this.open() })
    const prospect = this.#recovery.failed(error, livedMs)
    const reason = reasonFrom(error)
    this.#reason =
      prospect === 'rest' ? `${reason} (again and again: it is left alone for a while)` : reason
    if (this.#state === 'draining') this.#recovery?.clear()
    else this.#state = prospect === 'again' ? state : 'failed'
    if (this.#state === 'backoff' && config.start === 'lazy') this.#leaveClosed()
    world.log.warn(`server_${this.#state}`, {
      server: config.name,
      reason: this.#reason,
      next_attempt_ms: this.nextAttemptMs,
    })
    changed()
  }

  /** Nobody needs it until the next call. */
  #leaveClosed(): void {
    this.#recovery?.clear()
    this.#state = 'stopped'
  }

  #createUpkeep(): Upkeep {
    const { world, config, guard, stats } = this.#deps
    return new Upkeep({
      config,
      guard,
      stats,
      now: world.now,
      upstream: () => this.#upstream,
      sleep: () => this.#sleep(),
      renew: (reason) => this.#renew(reason),
      problem: (reason) => this.report(reason),
    })
  }

  #sleep(): void {
    const { config, guard, world } = this.#deps
    const upstream = this.#upstream
    if (!upstream || guard.bulkhead.running > 0) return
    this.#upstream = undefined
    this.#upkeep = undefined
    this.#state = 'stopped'
    this.#reason = 'it is idle; the next call starts it'
    world.log.info('server_idle', { server: config.name })
    this.#after = upstream[Symbol.asyncDispose]()
  }

  #renew(reason: string): void {
    const upstream = this.#upstream
    if (!upstream) return
    this.#lost(upstream, reason)
    const gone = upstream[Symbol.asyncDispose]()
    if (!this.#deps.config.overlap) this.#after = gone
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#deps.world.later(ms, resolve))
  }

  #unreachable(reason: string): GatewayError {
    return new GatewayError('server_unreachable', { server: this.#deps.config.name, reason })
  }

  #asFailure(error: unknown): GatewayError {
    if (error instanceof GatewayError) return error
    const data = { server: this.#deps.config.name, reason: reasonFrom(error) }
    return new GatewayError('server_unreachable', data, { cause: error })
  }
}
