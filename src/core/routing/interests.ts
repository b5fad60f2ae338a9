import type { ListKind } from './upstream.ts'

/** A client that wants to hear of changes. */
export interface Listener {
  /** Whether this server's changes count. */
  hears(server: string): boolean
  listsChanged(kinds: ReadonlySet<ListKind>): void
  resourceUpdated(server: string, uri: string): void
  /** The resources it follows, by server, in the server's spelling. */
  readonly follows: ReadonlyMap<string, ReadonlySet<string>>
}

export interface Interests {
  add(listener: Listener): void
  remove(listener: Listener): void
  /** A listener follows other resources now. */
  followsChanged(): void
  /** These servers are others now, and have to be told what is followed. */
  rewatch(servers: Iterable<string>): void
  /** Resolves once the servers will tell of all that is followed now; undefined when they do already. */
  readonly settling: Promise<unknown> | undefined
  listsChanged(server: string, kinds: readonly ListKind[]): void
  /** The same of many servers: each listener is told once. */
  burst(changes: ReadonlyMap<string, ReadonlySet<ListKind>>): void
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
    if (told) settling.add(told)
    void told?.finally(() => settling.delete(told))
  }

  function rewatch(): void {
    const wanted = allFollowed(listeners)
    for (const server of new Set([...wanted.keys(), ...watched.keys()])) {
      const now = wanted.get(server) ?? new Set<string>()
      const before = watched.get(server)
      const isSame = before?.size === now.size && [...now].every((uri) => before.has(uri))
      if (!isSame) tell(server, [...now])
    }
    watched = wanted
  }

  return {
    add(listener) {
      listeners.add(listener)
      if (listener.follows.size > 0) rewatch()
    },
    remove(listener) {
      if (listeners.delete(listener) && listener.follows.size > 0) rewatch()
    },
    followsChanged: rewatch,
    rewatch(servers) {
      for (const server of servers) {
        const uris = watched.get(server)
        if (uris && uris.size > 0) tell(server, [...uris])
      }
    },
    listsChanged(server, kinds) {
      const changed = new Set(kinds)
      for (const listener of listeners) {
        if (listener.hears(server)) listener.listsChanged(changed)
      }
    },
    burst(changes) {
      for (const listener of listeners) {
        const heard = [...changes].filter(([server]) => listener.hears(server))
        const kinds = new Set(heard.flatMap(([, changed]) => [...changed]))
        if (kinds.size > 0) listener.listsChanged(kinds)
      }
    },
    resourceUpdated(server, uri) {
      for (const listener of listeners) {
        if (listener.follows.get(server)?.has(uri) && listener.hears(server))
          listener.resourceUpdated(server, uri)
      }
    },
    get settling() {
      return settling.size === 0 ? undefined : Promise.all(settling)
    },
    get size() {
      return listeners.size
    },
  }
}

function allFollowed(listeners: Iterable<Listener>): Map<string, ReadonlySet<string>> {
  const followed = new Map<string, Set<string>>()
  for (const { follows } of listeners) {
    for (const [server, uris] of follows) {
      const all = followed.get(server) ?? new Set()
      for (const uri of uris) all.add(uri)
      followed.set(server, all)
    }
  }
  return followed
}
