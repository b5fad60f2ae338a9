/** Things with an end; beyond so many the oldest go first. */
export class Passing<Item> {
  readonly #most: number
  readonly #items = new Map<string, { readonly item: Item; readonly endsMs: number }>()

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#items.size
  }

  set(key: string, item: Item, endsMs: number): void {
    this.#items.delete(key)
    this.#items.set(key, { item, endsMs })
    const [oldest] = this.#items.keys()
    if (this.#items.size > this.#most && oldest !== undefined) this.#items.delete(oldest)
  }

  get(key: string, nowMs: number): Item | undefined {
    const found = this.#items.get(key)
    return found && found.endsMs > nowMs ? found.item : undefined
  }

  take(key: string, nowMs: number): Item | undefined {
    const found = this.get(key, nowMs)
    this.#items.delete(key)
    return found
  }

  sweep(nowMs: number): void {
    for (const [key, { endsMs }] of this.#items) if (endsMs <= nowMs) this.#items.delete(key)
  }
}
