import type { Ask } from './ask.ts'
import type { Scope } from './desk.ts'

/** What somebody has allowed ahead of a call. */
export interface Grant {
  readonly id: string
  readonly scope: Scope
  readonly principal: string
  readonly server: string
  readonly tool: string
  readonly toolDigest: string
  /** For one call only. */
  readonly argumentsDigest?: string | undefined
  readonly conversation?: string | undefined
  readonly by: string
  /** By the clock on the wall. */
  readonly sinceMs: number
  /** On the clock that only grows; undefined for what does not end by itself. */
  readonly endsMs?: number | undefined
}

/** What is kept of a grant for always between runs. */
export interface SavedGrant {
  readonly id: string
  readonly principal: string
  readonly server: string
  readonly tool: string
  readonly toolDigest: string
  readonly by: string
  readonly sinceMs: number
}

/** Where grants for always are kept. */
export interface GrantStore {
  read(): readonly SavedGrant[]
  write(grants: readonly SavedGrant[]): void
}

/** Grants that end by themselves; beyond this the oldest go first. */
const mostPassing = 5000
const mostLasting = 10_000

/** What was allowed ahead: for one call, for a conversation, or for always. */
export class GrantBook {
  readonly #store: GrantStore
  readonly #passing = new Map<string, Grant>()

  constructor(store: GrantStore) {
    this.#store = store
  }

  /** How many there are that end by themselves. */
  get size(): number {
    return this.#passing.size
  }

  /** False when there is no room for it. */
  add(grant: Grant): boolean {
    if (grant.scope === 'always') return this.#save(grant)
    this.#passing.set(grant.id, grant)
    const [oldest] = this.#passing.keys()
    if (this.#passing.size > mostPassing && oldest !== undefined) this.#passing.delete(oldest)
    return true
  }

  /** The grant that covers this call, narrowest first; one for a single call is used up. */
  use(ask: Ask, nowMs: number): Grant | undefined {
    const passing = [...this.#passing.values()].filter(
      (grant) => isFor(grant, ask) && (grant.endsMs ?? 0) > nowMs,
    )
    const once = passing.find(
      (one) => one.scope === 'once' && one.argumentsDigest === ask.argumentsDigest,
    )
    if (once) this.#passing.delete(once.id)
    return once ?? passing.find(({ scope }) => scope === 'conversation') ?? this.#lastingFor(ask)
  }

  all(nowMs: number): readonly Grant[] {
    const passing = [...this.#passing.values()].filter(({ endsMs = 0 }) => endsMs > nowMs)
    return [...passing, ...this.#store.read().map(lasting)]
  }

  /** False when there is none of that id. */
  remove(id: string): boolean {
    if (this.#passing.delete(id)) return true
    const saved = this.#store.read()
    const left = saved.filter((one) => one.id !== id)
    if (left.length === saved.length) return false
    this.#store.write(left)
    return true
  }

  forget(conversation: string): void {
    for (const grant of this.#passing.values())
      if (grant.conversation === conversation) this.#passing.delete(grant.id)
  }

  sweep(nowMs: number): void {
    for (const { id, endsMs = 0 } of this.#passing.values())
      if (endsMs <= nowMs) this.#passing.delete(id)
  }

  #save({ id, principal, server, tool, toolDigest, by, sinceMs }: Grant): boolean {
    const kept = this.#store.read().filter((one) => !isOfSame(one, { principal, server, tool }))
    if (kept.length >= mostLasting) return false
    this.#store.write([...kept, { id, principal, server, tool, toolDigest, by, sinceMs }])
    return true
  }

  /** What was granted for another definition of the tool has ended. */
  #lastingFor(ask: Ask): Grant | undefined {
    const saved = this.#store.read()
    const found = saved.find((one) => isOfSame(one, ask))
    if (!found) return undefined
    if (found.toolDigest === ask.toolDigest) return lasting(found)
    this.#store.write(saved.filter((one) => one !== found))
    return undefined
  }
}

type Whose = Pick<Ask, 'principal' | 'server' | 'tool'>

function isOfSame(one: Whose, other: Whose): boolean {
  return one.principal === other.principal && one.server === other.server && one.tool === other.tool
}

function isFor(grant: Grant, ask: Ask): boolean {
  return (
    isOfSame(grant, ask) &&
    grant.toolDigest === ask.toolDigest &&
    grant.conversation === ask.conversation
  )
}

function lasting(saved: SavedGrant): Grant {
  return { ...saved, scope: 'always' }
}

/** For as long as the program runs. */
export function createMemoryStore(): GrantStore {
  let kept: readonly SavedGrant[] = []
  return {
    read: () => kept,
    write(grants) {
      kept = grants
    },
  }
}
