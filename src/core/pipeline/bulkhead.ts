import type { ChainLink } from '../../kit/chain.ts'
import { Chain } from '../../kit/chain.ts'

export interface BulkheadOptions {
  readonly maxConcurrent: number
  readonly maxQueued: number
}

/** Where a waiter waits, to take it out again. */
export interface Place<Waiter> {
  readonly line: Line<Waiter>
  readonly link: ChainLink<Waiter>
}

/** Those of one principal. */
interface Line<Waiter> {
  readonly principal: string
  readonly waiters: Chain<Waiter>
  oldest: ChainLink<Waiter> | undefined
  newest: ChainLink<Waiter> | undefined
  turn: ChainLink<Line<Waiter>> | undefined
}

/** Bounds how many calls a server works on at once; the others wait for their turn, fairly between principals. */
export class Bulkhead<Waiter> {
  readonly #maxConcurrent: number
  readonly #maxQueued: number
  /** In the order in which they get a slot: only those where somebody waits. */
  readonly #lines = new Chain<Line<Waiter>>()
  #running = 0
  #queued = 0

  constructor({ maxConcurrent, maxQueued }: BulkheadOptions) {
    this.#maxConcurrent = maxConcurrent
    this.#maxQueued = maxQueued
  }

  get running(): number {
    return this.#running
  }

  get queued(): number {
    return this.#queued
  }

  /** Takes a slot; false when there is none, or others wait for one. */
  enter(): boolean {
    if (this.#running >= this.#maxConcurrent || this.#queued > 0) return false
    this.#running++
    return true
  }

  /** Waits for a slot that `leave` gives; undefined when too many wait. */
  wait(waiter: Waiter, principal: string): Place<Waiter> | undefined {
    if (this.#queued >= this.#maxQueued) return undefined
    const line = this.#lineOf(principal)
    const link = line.waiters.add(waiter)
    line.oldest ??= link
    line.newest = link
    this.#queued++
    return { line, link }
  }

  /** Gives a slot back, or hands it to the waiter that is returned: its slot stays taken. */
  leave(): Waiter | undefined {
    if (this.#queued > 0) return this.#next()
    this.#running--
    return undefined
  }

  /** Takes a waiter out of the queue; false when it is not there any more. */
  remove({ line, link }: Place<Waiter>): boolean {
    const { before, after } = link
    if (!line.waiters.remove(link)) return false
    if (line.oldest === link) line.oldest = after
    if (line.newest === link) line.newest = before
    this.#queued--
    if (line.waiters.size === 0 && line.turn) this.#lines.remove(line.turn)
    return true
  }

  /** Empties the queue; the slots that are taken stay so. */
  takeAll(): readonly Waiter[] {
    this.#queued = 0
    return this.#lines.takeAll().flatMap((line) => line.waiters.takeAll())
  }

  #lineOf(principal: string): Line<Waiter> {
    const found = this.#lines.find((line) => line.principal === principal)
    if (found) return found
    const line: Line<Waiter> = {
      principal,
      waiters: new Chain(),
      oldest: undefined,
      newest: undefined,
      turn: undefined,
    }
    line.turn = this.#lines.add(line)
    return line
  }

  #next(): Waiter | undefined {
    const line = this.#lines.find(isAny)
    // In a long queue the oldest have waited so long that their callers are likely gone.
    const link = this.#queued * 2 > this.#maxQueued ? line?.newest : line?.oldest
    if (!line?.turn || !link) return undefined
    this.#lines.remove(line.turn)
    line.turn = this.#lines.add(line)
    this.remove({ line, link })
    return link.item
  }
}

function isAny(): boolean {
  return true
}
