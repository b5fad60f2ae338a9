/** Lets so many in at once, in the order in which they came. */
export interface StartGate {
  /** Resolves when it is their turn; what it gives is disposed when they are done. */
  enter(signal?: AbortSignal): Promise<Disposable>
  readonly inside: number
  readonly waiting: number
}

export function createGate(limit: number): StartGate {
  const queue = new Set<() => void>()
  let inside = 0

  function leave(): void {
    const [next] = queue
    if (!next) return void (inside -= 1)
    queue.delete(next)
    next()
  }

  /** The place of one who leaves passes to the next one in the queue, so nobody can slip in between. */
  function place(): Disposable {
    let isLeft = false
    return {
      [Symbol.dispose]() {
        if (isLeft) return
        isLeft = true
        leave()
      },
    }
  }

  function wait(signal: AbortSignal | undefined): Promise<Disposable> {
    const { promise, resolve, reject } = Promise.withResolvers<Disposable>()
    const giveUp = () => {
      queue.delete(admit)
      reject(signal?.reason)
    }
    const admit = () => {
      signal?.removeEventListener('abort', giveUp)
      resolve(place())
    }
    queue.add(admit)
    signal?.addEventListener('abort', giveUp, { once: true })
    return promise
  }

  return {
    async enter(signal) {
      signal?.throwIfAborted()
      if (inside >= limit) return wait(signal)
      inside += 1
      return place()
    },
    get inside() {
      return inside
    },
    get waiting() {
      return queue.size
    },
  }
}
