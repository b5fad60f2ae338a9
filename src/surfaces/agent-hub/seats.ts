/** Which of the connections of an agent counts: the newest one that showed who it is. */
export class Seats<Holder> {
  readonly #seats = new Map<string, { readonly epoch: number; readonly holder: Holder }>()
  #epoch = 0

  get size(): number {
    return this.#seats.size
  }

  /** Seats a newcomer in place of whoever was there, who learns of it from the caller. */
  take(agent: string, holder: Holder): { readonly epoch: number; readonly before?: Holder } {
    const before = this.#seats.get(agent)?.holder
    const epoch = ++this.#epoch
    this.#seats.set(agent, { epoch, holder })
    return before === undefined ? { epoch } : { epoch, before }
  }

  /** Who leaves takes only its own seat away, not that of its successor. */
  leave(agent: string, epoch: number): boolean {
    if (this.#seats.get(agent)?.epoch !== epoch) return false
    return this.#seats.delete(agent)
  }

  at(agent: string): Holder | undefined {
    return this.#seats.get(agent)?.holder
  }

  *[Symbol.iterator](): Iterator<Holder> {
    for (const { holder } of this.#seats.values()) yield holder
  }
}
