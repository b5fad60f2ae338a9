import type { GatewayError } from '../contract/gateway-error.ts'
import type { BegunLine } from '../core/audit/journal.ts'
import type { Entry } from './line.ts'

/** A line that is not written yet. */
export interface Waiting {
  readonly entry: Entry
  /** Told where the line is, or why there is none: for calls that go on only then. */
  readonly told?: (begun: BegunLine | GatewayError) => void
}

/** Lines in the order in which they are to be written, up to a bound. */
export interface Backlog {
  readonly size: number
  /** Whether somebody waits for a line of these. */
  readonly isAwaited: boolean
  /** False when there is no room. */
  add(waiting: Waiting): boolean
  take(count: number): readonly Waiting[]
  /** Those that could not be written and that nobody waits for come first again. */
  putBack(batch: readonly Waiting[]): void
  /** Takes out those that somebody waits for. */
  takeAwaited(): readonly Waiting[]
}

export function createBacklog(room: number): Backlog {
  let waiting: Waiting[] = []
  let awaited = 0
  return {
    get size() {
      return waiting.length
    },
    get isAwaited() {
      return awaited > 0
    },
    add(one) {
      if (waiting.length >= room) return false
      waiting.push(one)
      if (one.told) awaited++
      return true
    },
    take(count) {
      const batch = waiting.slice(0, count)
      waiting = waiting.slice(count)
      for (const { told } of batch) if (told) awaited--
      return batch
    },
    putBack(batch) {
      waiting = [...batch.filter(({ told }) => !told), ...waiting]
    },
    takeAwaited() {
      const taken = waiting.filter(({ told }) => told)
      if (taken.length > 0) waiting = waiting.filter(({ told }) => !told)
      awaited = 0
      return taken
    },
  }
}
