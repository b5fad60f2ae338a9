import type { ServerResponse } from 'node:http'
import type { Exchange } from '../../core/clients/exchange.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import { payloadLength, smallPieceBytes } from '../../wire/bytes.ts'
import type { Place, Waiting } from './waiting.ts'

const json = 'application/json'
const stream = 'text/event-stream'
/** A client that reads nothing while this much waits is cut off. */
const unreadLimitBytes = 1024 * 1024

export interface HttpExchangeOptions {
  readonly accept: string | undefined
  /** The order of `Accept` is the client's preference, where the era lets clients have one. */
  readonly byPreference?: boolean
  /** Whoever answers must not suffer from what goes wrong on the way to this client. */
  readonly onFault: (error: unknown) => void
}

/** The response of one request: plain JSON, or a stream from the moment something comes before the answer. */
export class HttpExchange implements Exchange {
  readonly #response: ServerResponse
  readonly #mayStream: boolean
  readonly #prefersStream: boolean
  readonly #onFault: (error: unknown) => void
  #isStream = false
  #isAnswered = false
  #waiting: Waiting | undefined
  #place: Place | undefined

  constructor(response: ServerResponse, { accept, byPreference, onFault }: HttpExchangeOptions) {
    this.#response = response
    this.#mayStream = accept === undefined || accept.includes(stream) || accept.includes('*/*')
    this.#prefersStream = byPreference === true && accept?.startsWith(stream) === true
    this.#onFault = onFault
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }

  notify(payload: Payload): boolean {
    if (!this.#mayStream || this.#isAnswered || this.#response.destroyed) return false
    try {
      this.#beginStream()
      return writeEvent(this.#response, payload)
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  /** From here on the client is shown from time to time that the gateway is still there. */
  waitIn(waiting: Waiting): void {
    this.#waiting = waiting
    this.#place = waiting.add(this)
  }

  keepAlive(): void {
    if (this.#response.destroyed) return this.#stopWaiting()
    if (!this.#mayStream || this.#isAnswered) return
    try {
      this.#beginStream()
      this.#response.write(': waiting\n\n')
    } catch (error) {
      this.#fail(error)
    }
  }

  answer(payload: Payload, status = 200): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    this.#stopWaiting()
    if (this.#response.destroyed) return
    try {
      if (this.#isStream || (this.#prefersStream && status === 200)) this.#endStream(payload)
      else sendPayload(this.#response, status, payload)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#stopWaiting()
    this.#response.destroy()
    this.#onFault(error)
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

  #endStream(payload: Payload): void {
    this.#beginStream()
    // However much waits already: this is what the client waits for, and the last of it.
    putEvent(this.#response, payload)
    this.#response.end()
  }
}

function sendPayload(response: ServerResponse, status: number, payload: Payload): void {
  const length = String(payloadLength(payload))
  response.writeHead(status, ['Content-Type', json, 'Content-Length', length])
  if (typeof payload === 'string') {
    response.end(payload, 'latin1')
    return
  }
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

/** One message as one event; false when the client reads so little that it was cut off instead. */
export function writeEvent(response: ServerResponse, payload: Payload): boolean {
  if (response.writableLength > unreadLimitBytes) {
    response.destroy()
    return false
  }
  putEvent(response, payload)
  return true
}

/** Line breaks between the tokens of a message must not end its event. */
function putEvent(response: ServerResponse, payload: Payload): void {
  if (typeof payload === 'string') {
    response.write(`event: message\ndata: ${oneLine(payload)}\n\n`, 'latin1')
    return
  }
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

function oneLine(text: ByteText): ByteText {
  return text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, ' ') : text
}
