/** Upper bounds of the buckets; what takes longer than the last one is only in the count. */
export const durationBoundsMs: readonly number[] = [
  1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000,
]

const empty = new Float64Array(durationBoundsMs.length)

/** How long calls took, in fixed buckets that are changed in place. */
export class DurationHistogram {
  /** Made for the first call: there may be thousands of servers, and most are idle. */
  #buckets: Float64Array | undefined
  count = 0
  sumMs = 0

  /** Calls in each bucket, not added up; doubles, because a whole number of 32 bits overflows within days. */
  get buckets(): Readonly<Float64Array> {
    return this.#buckets ?? empty
  }

  add(durationMs: number): void {
    this.count++
    this.sumMs += durationMs
    const buckets = (this.#buckets ??= new Float64Array(durationBoundsMs.length))
    for (let index = 0; index < buckets.length; index++) {
      if (durationMs > (durationBoundsMs[index] ?? 0)) continue
      buckets[index] = (buckets[index] ?? 0) + 1
      return
    }
  }
}
