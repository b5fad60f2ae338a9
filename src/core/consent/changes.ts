/** Counts changes, and wakes whoever waits for the next one. */
export class Changes {
  readonly #waiting = new Set<() => void>()
  #version = 0
  #isOver = false

  get isOver(): boolean {
    return this.#isOver
  }

  get version(): number {
    return this.#version
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size
  }

  tell(): void {
    this.#version++
    for (const wake of this.#waiting) wake()
  }

  /** Nobody waits any longer. */
  end(): void {
    this.#isOver = true
    for (const wake of this.#waiting) wake()
  }

  /** Settles when the version is another than this one, or the signal says so. */
  after(since: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (this.#isOver || this.#version !== since || signal.aborted) resolve()
    else {
      const wake = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake)
    }
    return promise
  }
}
