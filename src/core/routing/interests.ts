import type { ListKind } from './upstream.ts'

/** A client that wants to hear of changes. */
export interface Listener {
  /** Which server's changes count; undefined for all. */
  readonly server: string | undefined
  listsChanged(kinds: ReadonlySet<ListKind>): void
  resourceUpdated(server: string, uri: string): void
  /** The resources it follows, by server, in the server's spelling. */
  readonly follows: ReadonlyMap<string, ReadonlySet<string>>
}

export interface Interests {
  /** Resolves once the servers will tell of what it follows; undefined when there is nothing to wait for. */
  add(listener: Listener): Promise<unknown> | undefined
  remove(listener: Listener): void
  /** A listener follows other resources now; resolves as `add` does. */
  followsChanged(): Promise<unknown> | undefined
  listsChanged(server: string, kinds: readonly ListKind[]): void
  resourceUpdated(server: string, uri: string): void
  readonly size: number
}

/** Who listens to what; `watch` is told which resources anybody follows on a server. */
export function createInterests(
  watch: (server: string, uris: readonly string[]) => Promise<unknown> | undefined,
): Interests {
  const listeners = new Set<Listener>()
  let watched = new Map<string, ReadonlySet<string>>()
  const settling = new Set<Promise<unknown>>()

  function tell(server: string, uris: readonly string[]): void {
    const told = watch(server, uris)
    if (!told) return
    settling.add(told)
    void told.finally(() => settling.delete(told))
  }

  function rewatch(): Promise<unknown> | undefined {
    const wanted = new Map<string, Set<string>>()
    for (const { follows } of listeners) {
      for (const [server, uris] of follows) {
        const all = wanted.get(server) ?? new Set()
        for (const uri of uris) all.add(uri)
        wanted.set(server, all)
      }
    }
    for (const server of new Set([...wanted.keys(), ...watched.keys()])) {
      const now = wanted.get(server) ?? new Set<string>()
      const before = watched.get(server)
      const isSame = before?.size === now.size && [...now].every((uri) => before.has(uri))
      if (!isSame) tell(server, [...now])
    }
    watched = wanted
    // Another listener may be waiting for the same resource already.
    return settling.size === 0 ? undefined : Promise.all(settling)
  }

  return {
    add(listener) {
      listeners.add(listener)
      return listener.follows.size > 0 ? rewatch() : undefined
    },
    remove(listener) {
      if (listeners.delete(listener) && listener.follows.size > 0) void rewatch()
    },
    followsChanged: rewatch,
    listsChanged(server, kinds) {
      const changed = new Set(kinds)
      for (const listener of listeners) {
        if (listener.server === undefined || listener.server === server)
          listener.listsChanged(changed)
      }
    },
    resourceUpdated(server, uri) {
      for (const listener of listeners) {
        if (listener.follows.get(server)?.has(uri)) listener.resourceUpdated(server, uri)
      }
    },
    get size() {
      return listeners.size
    },
  }
}
