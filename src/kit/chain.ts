/** A place in a chain. */
export interface ChainLink<Item> {
  readonly item: Item
  before: ChainLink<Item> | undefined
  after: ChainLink<Item> | undefined
  isHeld: boolean
}

/**
 * A set for things that come and go all the time. A `Set` copies itself every few additions, and its dead
 * copies keep short-lived objects alive into the old generation; a chain leaves nothing behind.
 */
export class Chain<Item> {
  #first: ChainLink<Item> | undefined
  #last: ChainLink<Item> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  add(item: Item): ChainLink<Item> {
    const link: ChainLink<Item> = { item, before: this.#last, after: undefined, isHeld: true }
    if (this.#last) this.#last.after = link
    else this.#first = link
    this.#last = link
    this.#size++
    return link
  }

  /** Takes a link of this chain out; false when it was out already. */
  remove(link: ChainLink<Item>): boolean {
    if (!link.isHeld) return false
    const { before, after } = link
    if (before) before.after = after
    else this.#first = after
    if (after) after.before = before
    else this.#last = before
    link.before = undefined
    link.after = undefined
    link.isHeld = false
    this.#size--
    return true
  }

  /** Takes out everything. */
  takeAll(): readonly Item[] {
    const items: Item[] = []
    while (this.#first) {
      items.push(this.#first.item)
      this.remove(this.#first)
    }
    return items
  }

  find(isMeant: (item: Item) => boolean): Item | undefined {
    for (let link = this.#first; link; link = link.after) if (isMeant(link.item)) return link.item
    return undefined
  }

  /** Walks over what is there now, without what is taken out before its turn. */
  *[Symbol.iterator](): Iterator<Item> {
    const links: ChainLink<Item>[] = []
    for (let link = this.#first; link; link = link.after) links.push(link)
    for (const link of links) if (link.isHeld) yield link.item
  }
}
