export interface RestartOptions {
  readonly maxRestarts: number
  readonly periodMs?: number
  /** How long it is left alone when it ended too often. */
  readonly cooldownMs?: number
  /** Having lived this long makes good for all ends before. */
  readonly healthyMs?: number
}

export type Verdict =
  | { readonly kind: 'restart'; readonly afterMs: number }
  /** Left alone until then; `count` is how often it ended without having been healthy. */
  | { readonly kind: 'rest'; readonly untilMs: number; readonly count: number }

const firstPauseMs = 250
const longestPauseMs = 30_000
const shortestPauseMs = 50

/** Decides when a server that ended is started again, and when it is left alone for a while. */
export class RestartIntensity {
  readonly #options: Required<RestartOptions>
  readonly #random: () => number
  #recentEnds: readonly number[] = []
  #count = 0
  #isOnTrial = false

  constructor(options: RestartOptions, random: () => number) {
    this.#options = { periodMs: 60_000, cooldownMs: 60_000, healthyMs: 30_000, ...options }
    this.#random = random
  }

  ended(now: number, livedMs: number): Verdict {
    const { maxRestarts, periodMs, cooldownMs, healthyMs } = this.#options
    if (livedMs >= healthyMs) this.reset()
    this.#count++
    this.#recentEnds = [...this.#recentEnds.filter((at) => now - at < periodMs), now]
    if (!this.#isOnTrial && this.#recentEnds.length <= maxRestarts)
      return { kind: 'restart', afterMs: this.#pauseMs() }
    // The one restart after the rest is a trial: a further quick end rests again.
    this.#isOnTrial = true
    return { kind: 'rest', untilMs: now + cooldownMs, count: this.#count }
  }

  reset(): void {
    this.#recentEnds = []
    this.#count = 0
    this.#isOnTrial = false
  }

  #pauseMs(): number {
    if (this.#count === 1) return 0
    const most = Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#count - 2))
    return Math.max(shortestPauseMs, most * this.#random())
  }
}
