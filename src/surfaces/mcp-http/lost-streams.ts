import type { ServerResponse } from 'node:http'
import { parseEventId } from '../door/event-log.ts'

/** A client that lost the stream of a request has this long to come back for it. */
const returnMs = 30_000

/** What goes on over another response. */
export interface Resumable {
  /** The number of its stream; undefined while there is none to come back to. */
  readonly stream: number | undefined
  readonly isAnswered: boolean
  resume(response: ServerResponse, after: number): void
}

interface Lost<Exchange> {
  readonly exchange: Exchange
  readonly until: number
  /** Nobody came back. */
  readonly giveUp: () => void
}

/** Streams that broke before their answer was through, by session. */
export interface LostStreams<Exchange extends Resumable> {
  add(session: string, exchange: Exchange, giveUp: () => void): void
  /** Goes on with the stream that this event was of, if there is one. */
  resume(session: string, lastEventId: string, response: ServerResponse): Exchange | undefined
  /** Gives up those whose time is over. */
  sweep(): void
  readonly size: number
}

export function createLostStreams<Exchange extends Resumable>(
  now: () => number,
): LostStreams<Exchange> {
  const lost = new Map<string, Lost<Exchange>>()

  return {
    add(session, exchange, giveUp) {
      if (exchange.stream === undefined) return
      lost.set(`${session} ${exchange.stream}`, { exchange, until: now() + returnMs, giveUp })
    },
    resume(session, lastEventId, response) {
      const place = parseEventId(lastEventId)
      const key = place && `${session} ${place.stream}`
      const found = key === undefined ? undefined : lost.get(key)
      if (!found || !place || key === undefined) return undefined
      lost.delete(key)
      found.exchange.resume(response, place.number)
      return found.exchange
    },
    sweep() {
      for (const [key, { until, giveUp }] of lost) {
        if (until > now()) return
        lost.delete(key)
        giveUp()
      }
    },
    get size() {
      return lost.size
    },
  }
}
