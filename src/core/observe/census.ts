/** Something that holds things that must be let go of: a map, a set of timers, a pool. */
export interface CensusSource {
  readonly name: string
  count(): number
}

/** How much everything holds at the moment; at rest it is the same after work as before. */
export interface Census {
  /** Counts it from now until disposed of. Several of one name are added up. */
  add(source: CensusSource): Disposable
  counts(): Readonly<Record<string, number>>
}

export function createCensus(): Census {
  const sources = new Set<CensusSource>()
  return {
    add(source) {
      sources.add(source)
      return { [Symbol.dispose]: () => void sources.delete(source) }
    },
    counts() {
      const counts = new Map<string, number>()
      for (const source of sources)
        counts.set(source.name, (counts.get(source.name) ?? 0) + source.count())
      return Object.fromEntries([...counts].toSorted(([one], [other]) => (one < other ? -1 : 1)))
    },
  }
}
