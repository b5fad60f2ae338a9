/** Below this many things at once a number never comes back before the generation has moved on. */
const slotBits = 16
const slotCount = 2 ** slotBits

/** Things under numbers of their own that are never used twice, without the copying of a `Map`. */
export class Slots<Item> {
  readonly #items: (Item | undefined)[] = []
  readonly #generations: number[] = []
  readonly #free: number[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Holds the item and gives it a number; undefined when there is no room. */
  add(item: Item): number | undefined {
    const slot = this.#free.pop() ?? this.#items.length
    if (slot >= slotCount) return undefined
    this.#items[slot] = item
    const generation = (this.#generations[slot] ?? 0) + 1
    this.#generations[slot] = generation
    this.#size++
    return generation * slotCount + slot
  }

  get(number: number): Item | undefined {
    const slot = number % slotCount
    return this.#generations[slot] === (number - slot) / slotCount ? this.#items[slot] : undefined
  }

  /** Whether something was ever held under this number. */
  hasGiven(number: number): boolean {
    const slot = number % slotCount
    const generation = (number - slot) / slotCount
    return generation > 0 && generation <= (this.#generations[slot] ?? 0)
  }

  /** Takes the item out; undefined when it is not there any more. */
  take(number: number): Item | undefined {
    const item = this.get(number)
    if (item === undefined) return undefined
    const slot = number % slotCount
    this.#items[slot] = undefined
    this.#free.push(slot)
    this.#size--
    return item
  }

  *entries(): Iterable<readonly [number, Item]> {
    for (const [slot, item] of this.#items.entries()) {
      if (item !== undefined) yield [(this.#generations[slot] ?? 0) * slotCount + slot, item]
    }
  }
}
