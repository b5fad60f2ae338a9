/** What several at once have to tell, for one who listens. */
export interface EventQueue<Item> extends AsyncIterable<Item> {
  push(item: Item): void
  /** How many nobody has heard yet. */
  readonly unheard: number
  /** Ends the iteration once everything told so far has been heard. */
  end(): void
}

export function createEventQueue<Item>(): EventQueue<Item> {
  const items: Item[] = []
  let isOver = false
  let wake: (() => void) | undefined

  async function* drain(): AsyncGenerator<Item, void, undefined> {
    for (;;) {
      const item = items.shift()
      if (item !== undefined) yield item
      else if (isOver) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }

  return {
    get unheard() {
      return items.length
    },
    push(item) {
      items.push(item)
      wake?.()
    },
    end() {
      isOver = true
      wake?.()
    },
    [Symbol.asyncIterator]: drain,
  }
}
