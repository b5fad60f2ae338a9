export interface RateOptions {
  readonly perSecond: number
  readonly burst: number
}

/** Who waits as long as told is not told to wait again because a sum was rounded. */
const roundingMs = 1e-3

/** Lets calls go at a rate, and up to `burst` of them at once after a pause. */
export class Rate {
  readonly #intervalMs: number
  readonly #aheadMs: number
  /** When all that went would have gone, had it come evenly. */
  #evenAt = -Infinity

  constructor({ perSecond, burst }: RateOptions) {
    this.#intervalMs = 1000 / perSecond
    this.#aheadMs = this.#intervalMs * (burst - 1)
  }

  /** Zero when the call may go, and counts it; otherwise how many ms until one may. */
  take(now: number): number {
    const waitMs = this.#evenAt - this.#aheadMs - now
    if (waitMs > roundingMs) return waitMs
    this.#evenAt = Math.max(this.#evenAt, now) + this.#intervalMs
    return 0
  }
}
