import { Chain } from '../../kit/chain.ts'
import type { ChainLink } from '../../kit/chain.ts'

/** Told the outcome of the call it joined; undefined when that call was not executed after all. */
export type Tell<Outcome> = (outcome: Outcome | undefined) => void

/** A call under its key, as long as it is under way. */
export interface Keyed<Outcome> {
  readonly digest: string
  /** Who sent the same call meanwhile; one who gives up takes itself out. */
  readonly waiters: Chain<Tell<Outcome>>
}

export type Beginning<Outcome> =
  /** Nobody used the key: send the call, and settle it. */
  | { readonly kind: 'first' }
  /** The same call is under way: wait with it. */
  | { readonly kind: 'join'; readonly entry: Keyed<Outcome> }
  | { readonly kind: 'stored'; readonly outcome: Outcome }
  /** The key was used for a call with other arguments. */
  | { readonly kind: 'conflict' }
  /** As many calls with keys are under way as there is room for. */
  | { readonly kind: 'full' }

export interface IdempotencyLimits {
  readonly keepMs: number
  readonly entries: number
  readonly bytes: number
}

interface Entry<Outcome> extends Keyed<Outcome> {
  readonly scopeKey: string
  settled: Settled<Outcome> | undefined
}

interface Settled<Outcome> {
  readonly outcome: Outcome
  readonly bytes: number
  readonly at: number
  readonly link: ChainLink<Entry<Outcome>>
}

const usual: IdempotencyLimits = { keepMs: 600_000, entries: 10_000, bytes: 64 * 1024 * 1024 }

/** Where a key is valid: for one principal and one tool. */
export function idempotencyScope(principal: string, tool: string, key: string): string {
  return JSON.stringify([principal, tool, key])
}

/** Remembers calls by the key their caller gave them, so that a call sent twice runs once. */
export class IdempotencyStore<Outcome> {
  readonly #sizeBytes: (outcome: Outcome) => number
  readonly #limits: IdempotencyLimits
  readonly #entries = new Map<string, Entry<Outcome>>()
  /** Those with an outcome, in the order in which they got it. */
  readonly #settled = new Chain<Entry<Outcome>>()
  #bytes = 0

  constructor(sizeBytes: (outcome: Outcome) => number, limits: IdempotencyLimits = usual) {
    this.#sizeBytes = sizeBytes
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  begin(scopeKey: string, digest: string, now: number): Beginning<Outcome> {
    this.sweep(now)
    const entry = this.#entries.get(scopeKey)
    if (!entry) return this.#add(scopeKey, digest)
    if (entry.digest !== digest) return { kind: 'conflict' }
    return entry.settled
      ? { kind: 'stored', outcome: entry.settled.outcome }
      : { kind: 'join', entry }
  }

  /** Keeps the outcome and tells all who joined; without one the key is free again. */
  settle(scopeKey: string, outcome: Outcome | undefined, now: number): void {
    const entry = this.#entries.get(scopeKey)
    if (!entry || entry.settled) return
    if (outcome === undefined) this.#entries.delete(scopeKey)
    else this.#keep(entry, outcome, now)
    for (const tell of entry.waiters.takeAll()) tell(outcome)
  }

  /** Drops what was kept long enough. */
  sweep(now: number): void {
    for (;;) {
      const oldest = this.#settled.find(isAny)?.settled
      if (!oldest || now - oldest.at < this.#limits.keepMs) return
      this.#drop(oldest)
    }
  }

  #add(scopeKey: string, digest: string): Beginning<Outcome> {
    if (this.#entries.size >= this.#limits.entries) {
      const oldest = this.#settled.find(isAny)?.settled
      if (!oldest) return { kind: 'full' }
      this.#drop(oldest)
    }
    this.#entries.set(scopeKey, { scopeKey, digest, waiters: new Chain(), settled: undefined })
    return { kind: 'first' }
  }

  #keep(entry: Entry<Outcome>, outcome: Outcome, at: number): void {
    const bytes = this.#sizeBytes(outcome)
    entry.settled = { outcome, bytes, at, link: this.#settled.add(entry) }
    this.#bytes += bytes
    // The newest stays, however large: its call has just run and must not run again.
    while (this.#bytes > this.#limits.bytes && this.#settled.size > 1) {
      const oldest = this.#settled.find(isAny)?.settled
      if (oldest) this.#drop(oldest)
    }
  }

  #drop({ link, bytes }: Settled<Outcome>): void {
    this.#settled.remove(link)
    this.#entries.delete(link.item.scopeKey)
    this.#bytes -= bytes
  }
}

function isAny(): boolean {
  return true
}
