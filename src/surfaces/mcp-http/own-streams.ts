import type { ServerResponse } from 'node:http'
import type { LegacySession } from '../../core/clients/legacy.ts'
import { guarded } from '../door/guard.ts'
import { beginStream, writeEvent } from '../door/http-exchange.ts'
import type { Waiting } from '../door/waiting.ts'
import type { Sessions } from './sessions.ts'

/** The streams on which the gateway speaks by itself: one a session, as long as its client keeps it open. */
export interface OwnStreams {
  open(session: LegacySession, response: ServerResponse): void
  end(session: LegacySession): void
  endAll(): void
}

export interface OwnStreamsOptions {
  readonly sessions: Sessions
  readonly waiting: Waiting
  readonly onFault: (error: unknown) => void
}

export function createOwnStreams({ sessions, waiting, onFault }: OwnStreamsOptions): OwnStreams {
  const streams = new Map<LegacySession, ServerResponse>()

  function closed(session: LegacySession, response: ServerResponse): void {
    sessions.streamClosed(session.id)
    if (streams.get(session) !== response) return
    streams.delete(session)
    session.channel = undefined
  }

  return {
    open(session, response) {
      // A client that comes back has lost the stream it had.
      streams.get(session)?.end()
      streams.set(session, response)
      sessions.streamOpened(session.id)
      beginStream(response)
      response.flushHeaders()
      const place = waiting.add({ keepAlive: () => void response.write(': here\n\n') })
      session.attach((payload) => {
        if (response.destroyed || response.writableEnded) return false
        return writeEvent(response, payload)
      })
      const left = () => {
        waiting.remove(place)
        closed(session, response)
      }
      response.once('close', guarded(onFault, left))
    },
    end: (session) => void streams.get(session)?.end(),
    endAll() {
      for (const response of streams.values()) response.end()
    },
  }
}
