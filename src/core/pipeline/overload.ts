const steadyMs = 1000

/** Whether the gateway itself is late: its event loop was held up for a second on end. */
export class LoopLag {
  readonly #limitMs: number
  #isLate = false
  /** Since when each sample has spoken against the present state. */
  #doubtedSince: number | undefined

  /** A limit of 0 is never exceeded. */
  constructor({ limitMs }: { readonly limitMs: number }) {
    this.#limitMs = limitMs || Infinity
  }

  get isLate(): boolean {
    return this.#isLate
  }

  /** Takes the 99th percentile of the delay since the sample before. */
  sample(p99Ms: number, now: number): void {
    // Coming back takes less than half the limit, so that it does not swing to and fro.
    const isDoubted = this.#isLate ? p99Ms < this.#limitMs / 2 : p99Ms > this.#limitMs
    if (!isDoubted) {
      this.#doubtedSince = undefined
      return
    }
    this.#doubtedSince ??= now
    if (now - this.#doubtedSince < steadyMs) return
    this.#isLate = !this.#isLate
    this.#doubtedSince = undefined
  }
}

/** One to three seconds, so that those who were refused do not come back all at once. */
export function retryAfterSeconds(random: () => number): number {
  return 1 + Math.floor(3 * random())
}
