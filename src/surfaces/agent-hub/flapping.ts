const windowMs = 60_000
const mostSupersedes = 5
const holdMs = 60_000

/** Notices a key that is used in two places at once: each connection throws the other one out again and again. */
export class Flapping {
  readonly #supersedes = new Map<string, number[]>()
  readonly #heldUntil = new Map<string, number>()

  /** A connection took the place of another one; true when that is once too often, and both have to wait. */
  superseded(agent: string, now: number): boolean {
    const recent = (this.#supersedes.get(agent) ?? []).filter((at) => now - at < windowMs)
    recent.push(now)
    this.#supersedes.set(agent, recent)
    if (recent.length <= mostSupersedes) return false
    this.#supersedes.delete(agent)
    this.#heldUntil.set(agent, now + holdMs)
    return true
  }

  /** How long it still has to wait. */
  heldMs(agent: string, now: number): number {
    return Math.max(0, (this.#heldUntil.get(agent) ?? now) - now)
  }

  /** Forgets what is long over. */
  sweep(now: number): void {
    for (const [agent, until] of this.#heldUntil) if (until <= now) this.#heldUntil.delete(agent)
    for (const [agent, times] of this.#supersedes)
      if (times.every((at) => now - at >= windowMs)) this.#supersedes.delete(agent)
  }
}
