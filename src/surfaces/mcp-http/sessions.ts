import type { LegacySession } from '../../core/clients/legacy.ts'

export interface SessionsOptions {
  readonly limit: number
  readonly idleMs: number
  readonly now: () => number
}

interface Held {
  readonly session: LegacySession
  readonly principal: string
  lastUsedAt: number
  /** Open streams keep a session in use. */
  streams: number
}

/** Legacy sessions by id; small, bounded, and ended when nobody uses them. */
export interface Sessions {
  /** Makes room by ending one that is not in use, of whoever has the most; false when there is none. */
  add(session: LegacySession, principal: string): boolean
  /** Undefined as well when it belongs to somebody else: the two cannot be told apart. */
  find(id: string, principal: string): LegacySession | undefined
  streamOpened(id: string): void
  streamClosed(id: string): void
  end(id: string, reason: string): void
  /** Ends all that somebody has. */
  endOf(principal: string, reason: string): void
  /** Ends what has been idle for too long. */
  sweep(): void
  readonly all: Iterable<LegacySession>
  readonly size: number
}

export function createSessions({ limit, idleMs, now }: SessionsOptions): Sessions {
  // In the order of last use: the first is the one to go.
  const held = new Map<string, Held>()
  /** How many each principal has. */
  const counts = new Map<string, number>()

  function touch(id: string, entry: Held): void {
    entry.lastUsedAt = now()
    held.delete(id)
    held.set(id, entry)
  }

  function end(id: string, reason: string): void {
    const entry = held.get(id)
    if (!entry) return
    held.delete(id)
    const left = (counts.get(entry.principal) ?? 1) - 1
    if (left === 0) counts.delete(entry.principal)
    else counts.set(entry.principal, left)
    entry.session.end(reason)
  }

  function* idleSince(time: number): Iterable<readonly [string, Held]> {
    for (const one of held) {
      const [, { lastUsedAt, streams, session }] = one
      if (lastUsedAt > time) return
      if (streams === 0 && session.callsInFlight === 0) yield one
    }
  }

  /** Whoever holds the most makes room: nobody is pushed out by somebody who opens one after the other. */
  function victim(): string | undefined {
    const [greediest] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0])
    for (const [id, { principal }] of idleSince(Number.POSITIVE_INFINITY)) {
      if (principal === greediest) return id
    }
    return undefined
  }

  return {
    add(session, principal) {
      if (held.size >= limit) {
        const oldest = victim()
        if (oldest === undefined) return false
        end(oldest, 'too many sessions were open')
      }
      counts.set(principal, (counts.get(principal) ?? 0) + 1)
      held.set(session.id, { session, principal, lastUsedAt: now(), streams: 0 })
      return true
    },
    find(id, principal) {
      const entry = held.get(id)
      if (!entry || entry.principal !== principal) return undefined
      // Reordering on every request would cost more than it tells: once a second is enough.
      if (now() - entry.lastUsedAt > 1000) touch(id, entry)
      return entry.session
    },
    streamOpened(id) {
      const entry = held.get(id)
      if (entry) entry.streams++
    },
    streamClosed(id) {
      const entry = held.get(id)
      if (!entry) return
      entry.streams--
      touch(id, entry)
    },
    end,
    endOf(principal, reason) {
      if (!counts.has(principal)) return
      const theirs = Array.from(held).filter(([, one]) => one.principal === principal)
      for (const [id] of theirs) end(id, reason)
    },
    sweep() {
      const idle = Array.from(idleSince(now() - idleMs))
      for (const [id] of idle) end(id, 'the session was idle for too long')
    },
    get all() {
      return Iterator.from(held.values()).map(({ session }) => session)
    },
    get size() {
      return held.size
    },
  }
}
