import type { ServerConfig } from '../../contract/config.ts'
import { GatewayError, isFailure } from '../../contract/gateway-error.ts'
import { RestartIntensity } from './restart-intensity.ts'
import type { Upstream } from './upstream.ts'

export interface RecoveryDeps {
  readonly config: ServerConfig
  readonly now: () => number
  readonly later: (ms: number, work: () => void) => void
  readonly random: () => number
  readonly open: () => Promise<Upstream>
}

/** What becomes of a server that ended or could not be opened. */
export type Prospect =
  /** It is opened again by itself. */
  | 'again'
  /** It is left alone for a while first. */
  | 'rest'
  /** What is wrong has to be put right first. */
  | 'hopeless'

interface Planned {
  readonly at: number
  readonly opened: Promise<Upstream>
  /** A call waits for it. */
  isAwaited: boolean
}

/** An address that did not answer is tried again for a call after this; a program that was not there, too. */
const askAgainMs = { http: 1000, openapi: 1000, stdio: 5000, agent: 1000, 'built-in': 0 }
const shortestPauseMs = 500
/** A call waits this long for an attempt that is planned. */
const patienceMs = 5000

/** When a server that went away is opened again: by itself, and for the calls that need it. */
export class Recovery {
  readonly #deps: RecoveryDeps
  readonly #restarts: RestartIntensity
  #planned: Planned | undefined
  #prospect: Prospect = 'again'
  #failedAt = Number.NEGATIVE_INFINITY
  #error: GatewayError | undefined

  constructor(deps: RecoveryDeps) {
    this.#deps = deps
    this.#restarts = new RestartIntensity({ maxRestarts: deps.config.maxRestarts }, deps.random)
  }

  /** How long until it is opened by itself. */
  get nextAttemptMs(): number | undefined {
    return this.#planned && Math.max(0, this.#planned.at - this.#deps.now())
  }

  /** It went away, or could not be opened: `livedMs` is how long it was open, if it ever was. */
  failed(error: GatewayError, livedMs: number | undefined): Prospect {
    const now = this.#deps.now()
    this.#error = error
    this.#failedAt = now
    this.#planned = undefined
    if (isHopeless(error)) return (this.#prospect = 'hopeless')
    const verdict = this.#restarts.ended(now, livedMs ?? 0)
    this.#prospect = verdict.kind === 'rest' ? 'rest' : 'again'
    // What could not even be started is not started again in the same breath.
    const leastMs = livedMs === undefined ? shortestPauseMs : 0
    this.#plan(verdict.kind === 'rest' ? verdict.untilMs - now : Math.max(leastMs, verdict.afterMs))
    return this.#prospect
  }

  /** Nothing is planned any more: it is open, or is to stay closed. */
  clear(): void {
    this.#planned = undefined
    this.#error = undefined
    this.#prospect = 'again'
  }

  /** What a call has to wait for; undefined when it may open the server itself. Throws when it is refused. */
  wait(): Promise<Upstream> | undefined {
    if (this.#error === undefined) return undefined
    const { config, now } = this.#deps
    const mayAsk = config.transport !== 'stdio' || this.#prospect === 'hopeless'
    if (mayAsk && now() - this.#failedAt >= askAgainMs[config.transport]) return undefined
    if (this.#planned && this.#planned.at - now() < patienceMs) {
      this.#planned.isAwaited = true
      return this.#planned.opened
    }
    // A lazy one that ended is opened by the next call.
    if (!this.#planned && this.#prospect === 'again') return undefined
    if (mayAsk) throw this.#error
    throw new GatewayError('server_resting', {
      server: config.name,
      reason: this.#error.message,
      retryAfterMs: Math.max(100, Math.round(this.nextAttemptMs ?? patienceMs)),
    })
  }

  #plan(afterMs: number): void {
    const { promise, resolve, reject } = Promise.withResolvers<Upstream>()
    // Its own state tells how it went.
    promise.catch(() => undefined)
    const planned: Planned = {
      at: this.#deps.now() + afterMs,
      opened: promise,
      isAwaited: false,
    }
    const error = this.#error
    this.#planned = planned
    this.#deps.later(afterMs, () => {
      const isWanted = this.#planned === planned
      if (isWanted) this.#planned = undefined
      // Somebody may have opened it meanwhile; whoever waits gets that connection.
      const isOpen = this.#error === undefined && planned.isAwaited
      if (isWanted || isOpen) this.#deps.open().then(resolve, reject)
      else reject(error)
    })
  }
}

function isHopeless(error: GatewayError): boolean {
  if (isFailure(error, 'auth_refused')) return true
  return isFailure(error, 'server_unreachable') && error.data.isLasting === true
}
