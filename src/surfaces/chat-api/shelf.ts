export interface ShelfOptions {
  /** For one principal. */
  readonly entries: number
  readonly bytes: number
  /** For all together. */
  readonly totalBytes: number
  readonly ttlMs: number
  readonly now: () => number
}

/** Things that are kept for a while, for each principal alone: the oldest go first. */
export interface Shelf<Value> {
  put(principal: string, key: string, kept: Kept<Value>): void
  get(principal: string, key: string): Value | undefined
  /** The same, once. */
  take(principal: string, key: string): Value | undefined
  readonly size: number
}

export interface Kept<Value> {
  readonly value: Value
  readonly bytes: number
  /** At the latest then it is gone; else after the time of the shelf. */
  readonly endsAt?: number | undefined
}

interface Place<Value> extends Kept<Value> {
  readonly principal: string
  readonly key: string
  readonly endsAt: number
}

/** What one principal has. */
interface Share<Value> {
  readonly places: Map<string, Place<Value>>
  bytes: number
}

class Places<Value> {
  /** In the order in which they came. */
  readonly all = new Set<Place<Value>>()
  readonly #shares = new Map<string, Share<Value>>()
  bytes = 0

  share(principal: string): Share<Value> | undefined {
    return this.#shares.get(principal)
  }

  add(place: Place<Value>): void {
    const share = this.#shares.get(place.principal) ?? { places: new Map(), bytes: 0 }
    this.#shares.set(place.principal, share)
    share.places.set(place.key, place)
    share.bytes += place.bytes
    this.all.add(place)
    this.bytes += place.bytes
  }

  remove(place: Place<Value> | undefined): void {
    const share = place && this.#shares.get(place.principal)
    if (!share || !this.all.delete(place)) return
    this.bytes -= place.bytes
    share.bytes -= place.bytes
    share.places.delete(place.key)
    if (share.places.size === 0) this.#shares.delete(place.principal)
  }
}

export function createShelf<Value>(options: ShelfOptions): Shelf<Value> {
  const { entries, bytes, totalBytes, ttlMs, now } = options
  const kept = new Places<Value>()

  function makeRoom(share: Share<Value> | undefined): void {
    for (const place of kept.all) {
      if (place.endsAt > now()) break
      kept.remove(place)
    }
    for (const place of share?.places.values() ?? []) {
      if (!share || (share.places.size <= entries && share.bytes <= bytes)) break
      kept.remove(place)
    }
    for (const place of kept.all) {
      if (kept.bytes <= totalBytes) break
      kept.remove(place)
    }
  }

  function find(principal: string, key: string): Place<Value> | undefined {
    const place = kept.share(principal)?.places.get(key)
    return place !== undefined && place.endsAt > now() ? place : undefined
  }

  return {
    put(principal, key, what) {
      kept.remove(kept.share(principal)?.places.get(key))
      const endsAt = Math.min(what.endsAt ?? Infinity, now() + ttlMs)
      kept.add({ ...what, principal, key, endsAt })
      makeRoom(kept.share(principal))
    },
    get: (principal, key) => find(principal, key)?.value,
    take(principal, key) {
      const place = find(principal, key)
      kept.remove(place)
      return place?.value
    },
    get size() {
      return kept.all.size
    },
  }
}
