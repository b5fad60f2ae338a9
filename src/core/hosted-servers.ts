import type { Server } from './routing/server.ts'
import type { ListKind } from './routing/upstream.ts'
import { listKinds } from './routing/upstream.ts'

/** Servers whose lists are others now, and which of them. */
export type ListChanges = ReadonlyMap<string, ReadonlySet<ListKind>>

export interface HostedServersDeps {
  readonly later: (ms: number, work: () => void) => void
  /** What is shown is out of date; told once for many changes. */
  readonly publish: (changes: ListChanges) => void
}

const shortestPauseMs = 100
const pauseMsPerServer = 0.1

/**
 * Servers that come and go by themselves. Thousands may come within seconds, and each change costs more the more
 * there are: so they are shown in bursts, with a pause that grows with their number.
 */
export class HostedServers {
  readonly #byName = new Map<string, Server>()
  readonly #deps: HostedServersDeps
  #changes: Map<string, Set<ListKind>> | undefined

  constructor(deps: HostedServersDeps) {
    this.#deps = deps
  }

  get byName(): ReadonlyMap<string, Server> {
    return this.#byName
  }

  add(server: Server): void {
    this.#byName.set(server.name, server)
    this.changed(server, [])
  }

  remove(server: Server): void {
    if (this.#byName.get(server.name) !== server) return
    // Of lists that nobody knew none is missed.
    this.changed(
      server,
      listKinds.filter((kind) => server.knows(kind)),
    )
    this.#byName.delete(server.name)
  }

  /** Notes that something of it is different; false when it is none of these. */
  changed(server: Server, kinds: readonly ListKind[]): boolean {
    const { name } = server
    if (this.#byName.get(name) !== server) return false
    if (!this.#changes) {
      this.#changes = new Map()
      const pauseMs = shortestPauseMs + pauseMsPerServer * this.#byName.size
      this.#deps.later(pauseMs, () => this.#publish())
    }
    const known = this.#changes.get(name) ?? new Set()
    for (const kind of kinds) known.add(kind)
    this.#changes.set(name, known)
    return true
  }

  #publish(): void {
    const changes = this.#changes ?? new Map<string, Set<ListKind>>()
    this.#changes = undefined
    this.#deps.publish(changes)
  }
}
