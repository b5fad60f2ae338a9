import type { ServerResponse } from 'node:http'
import type { ByteText } from '../../wire/bytes.ts'
import { beginStream } from '../door/http-exchange.ts'

/** Server-sent events to a client that may read slowly; nothing is sent before the first of them. */
export interface ReplyStream {
  /** Whether the client has been answered already. */
  readonly hasBegun: boolean
  /** One piece of the stream; what it gives back settles when there is room for more, or nobody reads any more. */
  send(text: ByteText): Promise<void> | undefined
  end(text: ByteText): void
}

export interface ReplyStreamOptions {
  /** After this time without a word the client is shown that somebody is still there. */
  readonly quietMs: number
}

export function createReplyStream(
  response: ServerResponse,
  { quietMs }: ReplyStreamOptions,
): ReplyStream {
  let hasSpoken = false
  const keepAlive = setInterval(() => {
    if (!hasSpoken && response.writableLength === 0) write(': waiting\n\n')
    hasSpoken = false
  }, quietMs).unref()
  response.once('close', () => clearInterval(keepAlive))

  function write(text: ByteText): boolean {
    if (!response.headersSent) beginStream(response)
    return response.write(text, 'latin1')
  }

  return {
    get hasBegun() {
      return response.headersSent
    },
    send(text) {
      hasSpoken = true
      if (response.destroyed || write(text)) return undefined
      return drained(response)
    },
    end(text) {
      clearInterval(keepAlive)
      if (response.destroyed) return
      if (!response.headersSent) beginStream(response)
      response.end(text, 'latin1')
    },
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle)
      response.off('close', settle)
      resolve()
    }
    response.on('drain', settle)
    response.on('close', settle)
  })
}
