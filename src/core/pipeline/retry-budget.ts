const sharePercent = 10
const floorPerSecond = 3
const burst = 10

/** Keeps retries to a tenth of the calls, so that they cannot make a bad hour worse; a few are always allowed. */
export class RetryBudget {
  #tokens = burst
  #callsSince = 0
  #since = -Infinity

  called(_now: number): void {
    this.#callsSince++
  }

  /** Whether one more retry may go; it is counted as gone. */
  take(now: number): boolean {
    this.#earn(now)
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  #earn(now: number): void {
    const floor = (floorPerSecond * (now - this.#since)) / 1000
    const share = (this.#callsSince * sharePercent) / 100
    this.#tokens = Math.min(burst, this.#tokens + Math.max(floor, share))
    this.#callsSince = 0
    this.#since = now
  }
}
