import { GatewayError } from '../../contract/gateway-error.ts'
import type { Pass, SignInState, TokenAnswer } from '../../core/sign-in/credentials.ts'
import type { Endpoint } from './endpoint.ts'
import { asked, failed as endpointFailed, restMs, wellEndpoint } from './endpoint.ts'
import type { Keeping } from './keeping.ts'
import {
  asking,
  failed,
  forgiven,
  granted,
  isDue,
  nothingKept,
  refused,
  stateAt,
  tokenAt,
} from './keeping.ts'

/** An endpoint as all its keepers see it. */
export interface SharedEndpoint {
  state: Endpoint
}

export interface TokenKeeperDeps {
  readonly ask: (signal: AbortSignal) => Promise<TokenAnswer>
  readonly endpoint: SharedEndpoint
  readonly now: () => number
  readonly later: (ms: number, work: () => void) => void
  readonly random: () => number
  /** Told each token before anybody else. */
  readonly learned: (token: string) => void
}

interface Waiter {
  readonly server: string
  readonly until: number
  readonly resolve: (pass: Pass) => void
  readonly reject: (error: GatewayError) => void
}

const patienceMs = 5000
const askMs = 10_000

/**
 * Keeps one token for all servers that sign in alike: asks once for everybody who waits, ahead of its end while
 * somebody uses it, and not at all once it was refused.
 */
export class TokenKeeper implements Disposable {
  readonly #deps: TokenKeeperDeps
  readonly #ending = new AbortController()
  readonly #waiters = new Set<Waiter>()
  #keeping: Keeping = nothingKept
  /** Whether the token that is there was asked for since it came. */
  #isUsed = false
  /** When it is looked again whether the endpoint may be asked. */
  #looksAt = Number.POSITIVE_INFINITY

  constructor(deps: TokenKeeperDeps) {
    this.#deps = deps
  }

  get state(): SignInState {
    return stateAt(this.#keeping, this.#deps.now())
  }

  /** The pass in force; undefined where one has to be waited for. */
  current(): Pass | undefined {
    const now = this.#deps.now()
    const token = tokenAt(this.#keeping, now)
    if (!token) return undefined
    this.#isUsed = true
    if (now >= token.renewAt) this.#attend()
    return token.pass
  }

  /** One that is not `worn`, for this server, after a bounded time. */
  obtain(server: string, worn?: Pass): Promise<Pass> {
    const { now, later } = this.#deps
    const pass = this.current()
    if (pass && pass !== worn) return Promise.resolve(pass)
    const isHopeless = this.#keeping.refusal !== undefined || this.#restMs() >= patienceMs
    if (isHopeless) return Promise.reject(this.#failureFor(server))
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { server, until: now() + patienceMs, resolve, reject }
      this.#waiters.add(waiter)
      later(patienceMs, () => this.#dismiss((one) => one === waiter))
      this.#attend()
    })
  }

  /** Gets another one; rejects only where there is none that is good. */
  async renew(server: string): Promise<void> {
    this.retry()
    try {
      await this.obtain(server, this.#keeping.token?.pass)
    } catch (error) {
      if (this.current() === undefined) throw error
    }
  }

  /** What was refused is asked for once more, and what is left alone at once. */
  retry(): void {
    const { endpoint } = this.#deps
    this.#keeping = forgiven(this.#keeping)
    endpoint.state = { ...endpoint.state, notBefore: 0 }
  }

  [Symbol.dispose](): void {
    this.#ending.abort()
    for (const { reject } of this.#waiters) reject(new GatewayError('stopping', undefined))
    this.#waiters.clear()
  }

  /** Asks where a token is wanted and the endpoint may be asked; otherwise looks again when it may. */
  #attend(): void {
    const { endpoint, now } = this.#deps
    const isWanted = this.#waiters.size > 0 || (this.#isUsed && isDue(this.#keeping, now()))
    if (this.#keeping.isAsking || this.#keeping.refusal !== undefined || !isWanted) return
    const pauseMs = this.#restMs()
    if (pauseMs > 0) return this.#lookIn(pauseMs)
    this.#keeping = asking(this.#keeping)
    endpoint.state = asked(endpoint.state)
    void this.#ask().then((answer) => this.#settle(answer))
  }

  #lookIn(ms: number): void {
    const { now, later } = this.#deps
    const at = now() + ms
    if (at >= this.#looksAt) return
    this.#looksAt = at
    later(ms, () => {
      if (this.#looksAt === at) this.#looksAt = Number.POSITIVE_INFINITY
      this.#attend()
    })
  }

  async #ask(): Promise<TokenAnswer> {
    try {
      const { signal } = this.#ending
      return await this.#deps.ask(AbortSignal.any([signal, AbortSignal.timeout(askMs)]))
    } catch (error) {
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  #settle(answer: TokenAnswer): void {
    const { endpoint, now, random } = this.#deps
    if (this.#ending.signal.aborted) {
      endpoint.state = { ...endpoint.state, isProbed: false }
    } else if (answer.kind === 'failed') {
      const { reason, retryAfterMs: hintMs } = answer
      endpoint.state = endpointFailed(endpoint.state, { now: now(), random, hintMs })
      this.#keeping = failed(this.#keeping, reason)
      this.#dismissHopeless()
      this.#attend()
    } else {
      endpoint.state = wellEndpoint
      if (answer.kind === 'granted') return this.#grant(answer)
      this.#keeping = refused(this.#keeping, answer.reason)
      this.#dismiss(() => true)
    }
  }

  #grant(answer: TokenAnswer & { readonly kind: 'granted' }): void {
    const { now, later, random, learned } = this.#deps
    learned(answer.token)
    const { keeping, token } = granted(answer, now(), random())
    this.#keeping = keeping
    this.#isUsed = this.#waiters.size > 0
    later(token.renewAt - now(), () => this.#attend())
    for (const { resolve } of this.#waiters) resolve(token.pass)
    this.#waiters.clear()
  }

  /** Nobody is kept waiting for what cannot come in time. */
  #dismissHopeless(): void {
    const next = this.#deps.now() + this.#restMs()
    this.#dismiss(({ until }) => next >= until)
  }

  #dismiss(isMeant: (waiter: Waiter) => boolean): void {
    for (const waiter of [...this.#waiters].filter(isMeant)) {
      this.#waiters.delete(waiter)
      waiter.reject(this.#failureFor(waiter.server))
    }
  }

  #failureFor(server: string): GatewayError {
    const { refusal, trouble } = this.#keeping
    if (refusal !== undefined) return new GatewayError('auth_refused', { server, reason: refusal })
    const pauseMs = this.#restMs()
    return new GatewayError('auth_unavailable', {
      server,
      reason: trouble ?? `its token endpoint did not answer within ${patienceMs} ms`,
      ...(pauseMs > 0 && { retryAfterMs: Math.ceil(pauseMs) }),
    })
  }

  #restMs(): number {
    return restMs(this.#deps.endpoint.state, this.#deps.now())
  }
}
