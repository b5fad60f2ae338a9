export interface BreakerOptions {
  readonly failurePercent: number
  readonly minCalls: number
  readonly windowMs: number
  readonly openMs: number
  readonly maxOpenMs: number
}

export type BreakerState = 'closed' | 'open' | 'half_open'

interface Bucket {
  successes: number
  failures: number
}

const bucketCount = 10

const never: BreakerOptions = {
  failurePercent: 100,
  minCalls: Infinity,
  windowMs: 10_000,
  openMs: 0,
  maxOpenMs: 0,
}

/** Keeps calls away from a server whose connection mostly fails, until a probe gets through. */
export class Breaker {
  readonly #options: BreakerOptions
  readonly #random: () => number
  readonly #bucketMs: number
  /** Made when there is something to count: there may be thousands of servers, and most are idle. */
  #buckets: readonly Bucket[] | undefined
  #index = 0
  #bucketEnds = -Infinity
  #state: BreakerState = 'closed'
  #opensUntil = 0
  #nextOpenMs: number
  #closedSince = -Infinity

  constructor(options: BreakerOptions | false, random: () => number) {
    this.#options = options || never
    this.#random = random
    this.#bucketMs = this.#options.windowMs / bucketCount
    this.#nextOpenMs = this.#options.openMs
  }

  get state(): BreakerState {
    return this.#state
  }

  /** When the open time is over; in the past unless it is open. */
  get opensUntil(): number {
    return this.#opensUntil
  }

  /** Whether a call may go; probes are the gateway's own, so only a closed breaker lets calls through. */
  admits(_now: number): boolean {
    return this.#state === 'closed'
  }

  succeeded(now: number): void {
    this.#bucketAt(now).successes++
  }

  /** A call failed on its way: what the server answered, or a caller who gave up, is no failure. */
  failed(now: number): void {
    if (this.#state !== 'closed') return
    this.#bucketAt(now).failures++
    if (!this.#isFailing()) return
    // One that was closed for as long as it can be open has recovered from what was before.
    if (now - this.#closedSince >= this.#options.maxOpenMs) this.#nextOpenMs = this.#options.openMs
    this.#open(now)
  }

  /** True once when the open time is over: one probe may go, and `probed` must be told how it went. */
  probeDue(now: number): boolean {
    if (this.#state !== 'open' || now < this.#opensUntil) return false
    this.#state = 'half_open'
    return true
  }

  probed(ok: boolean, now: number): void {
    if (this.#state !== 'half_open') return
    if (!ok) return this.#open(now)
    this.#state = 'closed'
    this.#closedSince = now
    this.#forget()
  }

  #open(now: number): void {
    const { maxOpenMs } = this.#options
    const jitter = 0.8 + 0.4 * this.#random()
    this.#state = 'open'
    this.#opensUntil = now + Math.min(maxOpenMs, this.#nextOpenMs * jitter)
    this.#nextOpenMs = Math.min(maxOpenMs, this.#nextOpenMs * 2)
  }

  #isFailing(): boolean {
    let calls = 0
    let failures = 0
    for (const bucket of this.#buckets ?? []) {
      calls += bucket.successes + bucket.failures
      failures += bucket.failures
    }
    const { minCalls, failurePercent } = this.#options
    return calls >= minCalls && failures * 100 >= calls * failurePercent
  }

  #bucketAt(now: number): Bucket {
    this.#buckets ??= Array.from({ length: bucketCount }, createBucket)
    if (now >= this.#bucketEnds) this.#turn(now, this.#buckets)
    return this.#buckets[this.#index] ?? createBucket()
  }

  #turn(now: number, buckets: readonly Bucket[]): void {
    const steps = Math.floor((now - this.#bucketEnds) / this.#bucketMs) + 1
    if (steps >= bucketCount) {
      this.#forget()
      this.#bucketEnds = now + this.#bucketMs
      return
    }
    for (let step = 0; step < steps; step++) {
      this.#index = (this.#index + 1) % bucketCount
      clear(buckets[this.#index])
    }
    this.#bucketEnds += steps * this.#bucketMs
  }

  #forget(): void {
    for (const bucket of this.#buckets ?? []) clear(bucket)
  }
}

function createBucket(): Bucket {
  return { successes: 0, failures: 0 }
}

function clear(bucket: Bucket | undefined): void {
  if (!bucket) return
  bucket.successes = 0
  bucket.failures = 0
}
