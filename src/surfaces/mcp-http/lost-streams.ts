import type { ServerResponse } from 'node:http'
import { parseEventId } from '../door/event-log.ts'
import type { HttpExchange } from '../door/http-exchange.ts'

/** A client that lost the stream of a request has this long to come back for it. */
const returnMs = 30_000

interface Lost {
  readonly exchange: HttpExchange
  readonly until: number
  /** Nobody came back. */
  readonly giveUp: () => void
}

/** Streams that broke before their answer was through, by session. */
export interface LostStreams {
  add(session: string, exchange: HttpExchange, giveUp: () => void): void
  /** Goes on with the stream that this event was of, if there is one. */
  resume(session: string, lastEventId: string, response: ServerResponse): HttpExchange | undefined
  /** Gives up those whose time is over. */
  sweep(): void
  readonly size: number
}

export function createLostStreams(now: () => number): LostStreams {
  const lost = new Map<string, Lost>()

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
