import type { ServerResponse } from 'node:http'
import type { Exchange } from '../../core/clients/exchange.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import { payloadLength, smallPieceBytes } from '../../wire/bytes.ts'
import type { Place, Waiting } from './waiting.ts'

const json = 'application/json'
const stream = 'text/event-stream'
/** A client that reads nothing while this much waits is cut off. */
const unreadLimitBytes = 1024 * 1024

/** The response of one request: plain JSON, or a stream from the moment something comes before the answer. */
export class HttpExchange implements Exchange {
  readonly #response: ServerResponse
  readonly #mayStream: boolean
  readonly #prefersStream: boolean
  #isStream = false
  #isAnswered = false
  #waiting: Waiting | undefined
  #place: Place | undefined

  constructor(
    response: ServerResponse,
    accept: string | undefined,
    options: { readonly byPreference?: boolean } = {},
  ) {
    this.#response = response
    this.#mayStream = accept === undefined || accept.includes(stream) || accept.includes('*/*')
    // The order of `Accept` is the client's preference, where the era lets clients have one.
    this.#prefersStream = options.byPreference === true && accept?.startsWith(stream) === true
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }

  notify(payload: Payload): boolean {
    if (!this.#mayStream || this.#isAnswered || this.#response.destroyed) return false
    this.#beginStream()
    writeEvent(this.#response, payload)
    return true
  }

  /** From here on the client is shown from time to time that the gateway is still there. */
  waitIn(waiting: Waiting): void {
    this.#waiting = waiting
    this.#place = waiting.add(this)
  }

  keepAlive(): void {
    if (this.#response.destroyed) return this.#stopWaiting()
    if (!this.#mayStream || this.#isAnswered || this.#response.destroyed) return
    this.#beginStream()
    this.#response.write(': waiting\n\n')
  }

  answer(payload: Payload, status = 200): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    this.#stopWaiting()
    const response = this.#response
    if (response.destroyed) return
    if (this.#isStream || (this.#prefersStream && status === 200)) {
      this.#beginStream()
      writeEvent(response, payload)
      response.end()
      return
    }
    response.writeHead(status, [
      'Content-Type',
      json,
      'Content-Length',
      String(payloadLength(payload)),
    ])
    if (typeof payload === 'string') response.end(payload, 'latin1')
    else {
      const [first] = payload
      const isJoined = first !== undefined && first.length <= smallPieceBytes
      response.cork()
      // As text it goes out in one piece with the headers.
      if (isJoined) response.write(first.toString('latin1'), 'latin1')
      for (let index = isJoined ? 1 : 0; index < payload.length; index++) {
        response.write(payload[index])
      }
      response.end()
      response.uncork()
    }
  }

  #stopWaiting(): void {
    if (this.#place) this.#waiting?.remove(this.#place)
    this.#place = undefined
  }

  #beginStream(): void {
    if (this.#isStream) return
    this.#isStream = true
    beginStream(this.#response)
  }
}

export function beginStream(response: ServerResponse): void {
  response.writeHead(200, [
    'Content-Type',
    stream,
    'Cache-Control',
    'no-cache',
    'X-Accel-Buffering',
    'no',
  ])
}

/** One message as one event; line breaks between its tokens must not end the event. */
export function writeEvent(response: ServerResponse, payload: Payload): void {
  if (typeof payload === 'string')
    response.write(`event: message\ndata: ${oneLine(payload)}\n\n`, 'latin1')
  else {
    response.cork()
    response.write('event: message\ndata: ')
    for (const piece of payload) {
      const hasBreaks = piece.includes(0x0a) || piece.includes(0x0d)
      if (hasBreaks) response.write(oneLine(piece.toString('latin1')), 'latin1')
      else response.write(piece)
    }
    response.write('\n\n')
    response.uncork()
  }
  if (response.writableLength > unreadLimitBytes) response.destroy()
}

function oneLine(text: ByteText): ByteText {
  return text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, ' ') : text
}
