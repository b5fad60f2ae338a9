import type { Entry } from './line.ts'
import { printFacts } from './line.ts'

/** What is missing in the chain, or was not done because it could not be written down. */
export interface Gap {
  readonly sinceMs: number
  readonly reason: string
  readonly lost: number
  readonly refused: number
}

/** Counts what is missing until the chain says so. */
export interface Gaps {
  /** What the chain does not say yet. */
  readonly current: Gap | undefined
  /** Since the start. */
  readonly lost: number
  readonly refused: number
  open(reason: string): void
  lose(reason: string): void
  refuse(): void
  /** The chain says it now; what came meanwhile it says the next time. */
  noted(gap: Gap): void
}

export function createGaps(): Gaps {
  const total = { lost: 0, refused: 0 }
  let current: Gap | undefined

  function opened(reason: string): Gap {
    return (current ??= { sinceMs: Date.now(), reason, lost: 0, refused: 0 })
  }

  return {
    get current() {
      return current
    },
    get lost() {
      return total.lost
    },
    get refused() {
      return total.refused
    },
    open: (reason) => void opened(reason),
    lose(reason) {
      const gap = opened(reason)
      total.lost++
      current = { ...gap, lost: gap.lost + 1 }
    },
    refuse() {
      total.refused++
      if (current) current = { ...current, refused: current.refused + 1 }
    },
    noted({ lost, refused }) {
      if (!current) return
      const left = { ...current, lost: current.lost - lost, refused: current.refused - refused }
      current = left.lost + left.refused > 0 ? left : undefined
    },
  }
}

export function gapEntry({ sinceMs, reason, lost, refused }: Gap): Entry {
  const since = new Date(sinceMs).toISOString()
  return { type: 'gap', timeMs: Date.now(), told: printFacts({ since, reason, lost, refused }) }
}
