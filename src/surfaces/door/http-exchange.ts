import type { ServerResponse } from 'node:http'
import type { Exchange } from '../../core/clients/exchange.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import { payloadLength, smallPieceBytes } from '../../wire/bytes.ts'
import { EventLog } from './event-log.ts'
import type { Place, Waiting } from './waiting.ts'

const json = 'application/json'
const stream = 'text/event-stream'
/** A client that reads nothing while this much waits is cut off. */
const unreadLimitBytes = 1024 * 1024

export interface HttpExchangeOptions {
  readonly accept: string | undefined
  /** The order of `Accept` is the client's preference, where the era lets clients have one. */
  readonly byPreference?: boolean
  /** Its answer becomes a stream that a client may lose and come back to: gives the number of that stream. */
  readonly onStream?: () => number
  /** Whoever answers must not suffer from what goes wrong on the way to this client. */
  readonly onFault: (error: unknown) => void
}

/** The response of one request: plain JSON, or a stream from the moment something comes before the answer. */
export class HttpExchange implements Exchange {
  #response: ServerResponse
  readonly #mayStream: boolean
  readonly #prefersStream: boolean
  readonly #onFault: (error: unknown) => void
  readonly #onStream: (() => number) | undefined
  #log: EventLog | undefined
  #isStream = false
  #isAnswered = false
  #waiting: Waiting | undefined
  #place: Place | undefined

  constructor(response: ServerResponse, options: HttpExchangeOptions) {
    const { accept, byPreference, onStream, onFault } = options
    this.#response = response
    this.#onStream = onStream
    this.#mayStream = accept === undefined || accept.includes(stream) || accept.includes('*/*')
    this.#prefersStream = byPreference === true && accept?.startsWith(stream) === true
    this.#onFault = onFault
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }

  /** The number of its stream, once there is one that a client can come back to. */
  get stream(): number | undefined {
    return this.#isStream ? this.#log?.stream : undefined
  }

  notify(payload: Payload): boolean {
    if (!this.#mayStream || this.#isAnswered || this.#isGone) return false
    try {
      this.#beginStream()
      this.#log?.add(payload)
      // Whoever comes back is shown it then.
      return this.#response.destroyed || writeEvent(this.#response, payload, this.#log?.id)
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  /** Goes on where the client lost it, on another response. */
  resume(response: ServerResponse, after: number): void {
    this.#response = response
    beginStream(response)
    response.flushHeaders()
    for (const { id, payload } of this.#log?.after(after) ?? []) putEvent(response, payload, id)
    if (this.#isAnswered) response.end()
  }

  /** From here on the client is shown from time to time that the gateway is still there. */
  waitIn(waiting: Waiting): void {
    this.#waiting = waiting
    this.#place = waiting.add(this)
  }

  /** The client left for good. */
  leave(): void {
    this.#stopWaiting()
  }

  keepAlive(): void {
    if (this.#isGone) return this.#stopWaiting()
    if (this.#response.destroyed) return
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
    if (this.#isGone) return
    try {
      if (this.#isStream || (this.#prefersStream && status === 200)) this.#endStream(payload)
      else sendPayload(this.#response, status, payload)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Nobody will read what is written, now or later. */
  get #isGone(): boolean {
    return this.#response.destroyed && this.stream === undefined
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
    if (!this.#onStream) return
    this.#log = new EventLog(this.#onStream())
    // An id without data is no event: it only says where to go on from.
    this.#response.write(`id: ${this.#log.id}\n\n`)
  }

  #endStream(payload: Payload): void {
    this.#beginStream()
    this.#log?.add(payload)
    if (this.#response.destroyed) return
    // However much waits already: this is what the client waits for, and the last of it.
    putEvent(this.#response, payload, this.#log?.id)
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
export function writeEvent(response: ServerResponse, payload: Payload, id?: string): boolean {
  if (response.writableLength > unreadLimitBytes) {
    response.destroy()
    return false
  }
  putEvent(response, payload, id)
  return true
}

/** Line breaks between the tokens of a message must not end its event. */
function putEvent(response: ServerResponse, payload: Payload, id?: string): void {
  const head = id === undefined ? 'event: message\ndata: ' : `event: message\nid: ${id}\ndata: `
  if (typeof payload === 'string') {
    response.write(`${head}${oneLine(payload)}\n\n`, 'latin1')
    return
  }
  response.cork()
  response.write(head)
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
