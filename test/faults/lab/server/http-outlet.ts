import type { ServerResponse } from 'node:http'

import type { Manners } from './manners.ts'
import type { Outlet } from './outlet.ts'
import type { EventStream, Streams } from './streams.ts'

/** Where one POST is answered: in plain JSON, or in a stream once something came before the answer. */
export function createHttpOutlet(
  response: ServerResponse,
  manners: Manners,
  streams: Streams,
): Outlet {
  let stream: EventStream | undefined
  const openStream = (): EventStream => {
    if (!response.headersSent)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    stream ??= manners.eventIds ? streams.open(response) : plainStream(response)
    return stream
  }
  const openJson = (lengthBytes?: number): void => {
    if (response.headersSent) return
    if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json')
    if (lengthBytes !== undefined) response.setHeader('content-length', lengthBytes)
    response.writeHead(response.statusCode)
  }

  return {
    ...bareOutlet(response),
    openStream: () => void openStream(),
    say: (text) => openStream().write(text),
    finish(text) {
      // Whatever comes second is one more event, or too late.
      if (response.writableEnded) return
      if (!stream && manners.answerAs !== 'stream') {
        openJson(Buffer.byteLength(text))
        return void response.end(text)
      }
      openStream().write(text)
      stream?.end()
    },
    frame(text) {
      if (stream || manners.answerAs === 'stream') {
        openStream()
        return Buffer.from(`data: ${text}\n\n`)
      }
      const bytes = Buffer.from(text)
      openJson(bytes.length)
      return bytes
    },
    open: openJson,
  }
}

function bareOutlet(
  response: ServerResponse,
): Pick<Outlet, 'http' | 'raw' | 'print' | 'alone' | 'end' | 'left'> {
  return {
    http: response,
    raw: (bytes) => void response.write(bytes),
    print: (bytes) => void response.write(bytes),
    alone: (work) => work(),
    end: () => void response.end(),
    left() {
      const gone = new AbortController()
      response.once('close', () => {
        if (!response.writableFinished) gone.abort()
      })
      return gone.signal
    },
  }
}

function plainStream(response: ServerResponse): EventStream {
  return {
    write: (message) => void response.write(`data: ${message}\n\n`),
    end: () => void response.end(),
  }
}
