import type { ServerConfig } from '../../contract/config.ts'
import { isFailure } from '../../contract/gateway-error.ts'
import type { ServerStats } from '../observe/server-stats.ts'
import type { Guard } from '../pipeline/guard.ts'
import { NoiseRate } from '../pipeline/noise-rate.ts'
import type { Upstream } from './upstream.ts'
import { Wedge } from './wedge.ts'

export interface UpkeepDeps {
  readonly config: ServerConfig
  readonly guard: Guard
  readonly stats: ServerStats
  readonly now: () => number
  readonly upstream: () => Upstream | undefined
  /** Nobody needs it at the moment. */
  readonly sleep: () => void
  /** It is of no use any more: it is to be ended and started again. */
  readonly renew: (reason: string) => void
  readonly problem: (reason: string | undefined) => void
}

/** The last sign of life that was asked for. */
export interface HealthCheck {
  readonly at: number
  readonly tookMs: number
}

const failedChecks = 2

/** Looks after an open connection: whether it still answers, and whether anybody needs it. */
export class Upkeep {
  readonly #deps: UpkeepDeps
  readonly #wedge = new Wedge()
  /** Made when it first prints what is no message. */
  #noise: NoiseRate | undefined
  #answers = 0
  #answersAtStrike = 0
  #checkedAt: number
  #begun = 0
  #usedAt: number
  #failures = 0
  #isChecking = false
  #hasComplained = false
  #health: HealthCheck | undefined

  constructor(deps: UpkeepDeps) {
    this.#deps = deps
    this.#checkedAt = deps.now()
    this.#usedAt = deps.now()
    this.#begun = deps.stats.begun
    this.#answers = answersIn(deps.stats)
  }

  get health(): HealthCheck | undefined {
    return this.#health
  }

  /** Called about once a second while the connection is open. */
  turn(): void {
    const { config, guard, stats } = this.#deps
    const now = this.#deps.now()
    if (stats.begun !== this.#begun || stats.inFlight > 0) {
      this.#begun = stats.begun
      this.#usedAt = now
    }
    if (config.idleStopMs > 0 && now - this.#usedAt >= config.idleStopMs) return this.#deps.sleep()
    const ailment = this.#deps.upstream()?.ailment?.()
    if (ailment !== undefined) return this.#deps.renew(ailment)
    if (guard.breaker.probeDue(now)) return this.#probe()
    const answers = answersIn(stats)
    if (answers !== this.#answers) {
      // What answers calls need not be asked whether it is alive.
      this.#answers = answers
      this.#checkedAt = now
      this.#failures = 0
    }
    const isDue = config.healthIntervalMs > 0 && now - this.#checkedAt >= config.healthIntervalMs
    if (isDue && !this.#isChecking) void this.#check()
  }

  /** A call got no answer in its time. */
  timedOut(): void {
    const answers = answersIn(this.#deps.stats)
    if (answers !== this.#answersAtStrike) this.#wedge.answered()
    this.#answersAtStrike = answers
    if (this.#wedge.timedOut() && !this.#isChecking) void this.#checkWedged()
  }

  /** A line that is no message; a program that floods us with them is ended. */
  heardNoise(): void {
    this.#noise ??= new NoiseRate()
    if (!this.#noise.heard(this.#deps.now())) return
    this.#noise = undefined
    this.#deps.renew('it keeps printing what is no message on its standard output')
  }

  async #check(): Promise<void> {
    const problem = await this.#ask()
    this.#checkedAt = this.#deps.now()
    this.#failures = problem === undefined ? 0 : this.#failures + 1
    this.#tell(problem)
    // One that works on a call may be too busy to answer.
    if (this.#failures >= failedChecks && this.#deps.stats.inFlight === 0)
      this.#deps.renew(`it did not answer ${this.#failures} health checks in a row: ${problem}`)
  }

  /** What was said before is taken back once all is well. */
  #tell(problem: string | undefined): void {
    if (problem === undefined && !this.#hasComplained) return
    this.#hasComplained = problem !== undefined
    this.#deps.problem(problem && `it did not answer a health check: ${problem}`)
  }

  /** Several calls in a row got no answer: either what they ask for hangs, or all of it. */
  async #checkWedged(): Promise<void> {
    const problem = await this.#ask()
    if (problem !== undefined)
      this.#deps.renew(`its last calls got no answer, and neither did a health check: ${problem}`)
  }

  #probe(): void {
    const { guard } = this.#deps
    const { breaker } = guard
    void this.#ask().then((problem) => breaker.probed(problem === undefined, this.#deps.now()))
  }

  /** What is wrong; undefined when it gave any answer at all. */
  async #ask(): Promise<string | undefined> {
    const upstream = this.#deps.upstream()
    if (!upstream) return 'it is not connected'
    this.#isChecking = true
    const began = this.#deps.now()
    const method = upstream.greeting.era === 'modern' ? 'server/discover' : 'ping'
    try {
      await upstream.request(method, '{}', this.#deps.config.healthTimeoutMs)
      this.#health = { at: this.#deps.now(), tookMs: this.#deps.now() - began }
      return undefined
    } catch (error) {
      if (isNoAilment(error)) return undefined
      return error instanceof Error ? error.message : String(error)
    } finally {
      this.#isChecking = false
    }
  }
}

/** A refusal is a sign of life, too; and without a token nothing was asked. */
function isNoAilment(error: unknown): boolean {
  return (
    isFailure(error, 'server_auth') ||
    isFailure(error, 'server_answer_invalid') ||
    isFailure(error, 'auth_unavailable') ||
    isFailure(error, 'auth_refused')
  )
}

function answersIn({ results, errors, lateReplies }: ServerStats): number {
  return results + errors + lateReplies
}
