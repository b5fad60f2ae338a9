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
  /** Makes room by ending one that nobody uses; false when all are in use. */
  add(session: LegacySession, principal: string): boolean
  /** Undefined as well when it belongs to somebody else: the two cannot be told apart. */
  find(id: string, principal: string): LegacySession | undefined
  streamOpened(id: string): void
  streamClosed(id: string): void
  end(id: string, reason: string): void
  /** Ends what has been idle for too long. */
  sweep(): void
  readonly all: Iterable<LegacySession>
  readonly size: number
}

export function createSessions({ limit, idleMs, now }: SessionsOptions): Sessions {
  // In the order of last use: the first is the one to go.
  const held = new Map<string, Held>()

  function touch(id: string, entry: Held): void {
    entry.lastUsedAt = now()
    held.delete(id)
    held.set(id, entry)
  }

  function end(id: string, reason: string): void {
    const entry = held.get(id)
    if (held.delete(id)) entry?.session.end(reason)
  }

  function* idleSince(time: number): Iterable<string> {
    for (const [id, entry] of held) {
      if (entry.lastUsedAt > time) return
      if (entry.streams === 0 && entry.session.callsInFlight === 0) yield id
    }
  }

  return {
    add(session, principal) {
      if (held.size >= limit) {
        const [oldest] = idleSince(Number.POSITIVE_INFINITY)
        if (oldest === undefined) return false
        end(oldest, 'too many sessions were open')
      }
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
    sweep() {
      const idle = Array.from(idleSince(now() - idleMs))
      for (const id of idle) end(id, 'the session was idle for too long')
    },
    get all() {
      return Iterator.from(held.values()).map(({ session }) => session)
    },
    get size() {
      return held.size
    },
  }
}
