import type { ServerResponse } from 'node:http'
import type { ByteText } from '../../wire/bytes.ts'
import { beginStream } from '../door/http-exchange.ts'

/** Server-sent events ahead of an answer that is one itself. */
export interface EventStream {
  /** One event whose data is JSON in one line. */
  send(event: 'progress', json: ByteText): void
  /** The last event. */
  end(event: 'result' | 'problem', json: ByteText): void
}

const keepAliveMs = 15_000
/** A client that reads nothing while this much waits gets no more progress. */
const unreadLimitBytes = 1024 * 1024

export function openEventStream(response: ServerResponse): EventStream {
  beginStream(response)
  response.flushHeaders()
  const keepAlive = setInterval(() => {
    if (response.writableLength < unreadLimitBytes) response.write(': waiting\n\n')
  }, keepAliveMs).unref()
  response.once('close', () => clearInterval(keepAlive))

  return {
    send(event, json) {
      if (response.writableLength < unreadLimitBytes) response.write(print(event, json), 'latin1')
    },
    end(event, json) {
      clearInterval(keepAlive)
      response.end(print(event, json), 'latin1')
    },
  }
}

function print(event: string, json: ByteText): ByteText {
  return `event: ${event}\ndata: ${json}\n\n`
}
