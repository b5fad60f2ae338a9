import type { Socket } from 'node:net'
import type { ByteText, Payload } from '../bytes.ts'
import { smallPieceBytes } from '../bytes.ts'
import { ChunkedDecoder } from './chunked.ts'
import type { ResponseHead } from './head.ts'
import { HttpError, parseHead } from './head.ts'

/** What one exchange on a connection reports; `failed` or `end` comes last, once. */
export interface ExchangeReceiver {
  head(head: ResponseHead): void
  /** A piece of the body. It is only valid during the call: copy what must stay. */
  data(piece: Buffer): void
  end(): void
  failed(error: Error, wasSent: boolean): void
}

const headLimitBytes = 16 * 1024
const blankLine = Buffer.from('\r\n\r\n')

/** One socket to an HTTP/1.1 server, with at most one request in flight. */
export class HttpConnection {
  readonly socket: Socket
  readonly #onIdle: (connection: HttpConnection) => void
  #receiver: ExchangeReceiver | undefined
  #head: ResponseHead | undefined
  #partialHead: Buffer | undefined
  #lastText = ''
  #lastHead: ResponseHead | undefined
  #chunked: ChunkedDecoder | undefined
  #left = 0
  #isOpen = false
  #waiting: { head: ByteText; body: Payload } | undefined
  /** When it became idle, and how long the server keeps it. */
  idleSince = 0
  keepAliveMs: number | undefined
  served = 0

  constructor(socket: Socket, onIdle: (connection: HttpConnection) => void) {
    this.socket = socket
    this.#onIdle = onIdle
  }

  get isUsable(): boolean {
    return !this.socket.destroyed && this.socket.writable
  }

  isServing(receiver: ExchangeReceiver): boolean {
    return this.#receiver === receiver
  }

  /** Sends one request: now, or as soon as the socket is open. */
  send(head: ByteText, body: Payload, receiver: ExchangeReceiver): void {
    this.#receiver = receiver
    if (this.#isOpen) this.#write(head, body)
    else this.#waiting = { head, body }
  }

  opened(): void {
    this.#isOpen = true
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) this.#write(waiting.head, waiting.body)
  }

  /** Feeds bytes from the socket. */
  received(bytes: Buffer): void {
    try {
      this.#consume(bytes)
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** The server ended the stream. */
  ended(): void {
    if (this.#head?.framing.kind === 'close' && this.#receiver) {
      const receiver = this.#receiver
      this.#receiver = undefined
      this.socket.destroy()
      receiver.end()
      return
    }
    this.fail(new HttpError('the connection ended before the answer was complete'))
  }

  /** Gives the connection up; a waiting exchange is told. */
  fail(error: Error): void {
    const receiver = this.#receiver
    const wasSent = this.#waiting === undefined && this.#isOpen
    this.#receiver = undefined
    this.#waiting = undefined
    this.socket.destroy()
    receiver?.failed(error, wasSent)
  }

  /** Gives the exchange up without telling it. */
  abandon(): void {
    this.#receiver = undefined
    this.#waiting = undefined
    this.socket.destroy()
  }

  #write(head: ByteText, body: Payload): void {
    if (typeof body === 'string') {
      this.socket.write(head + body, 'latin1')
      return
    }
    const [first] = body
    const isJoined = first !== undefined && first.length <= smallPieceBytes
    const text = isJoined ? head + first.toString('latin1') : head
    this.socket.cork()
    // Buffers throughout: a mixture is written in a slower way.
    this.socket.write(Buffer.from(text, 'latin1'))
    for (let index = isJoined ? 1 : 0; index < body.length; index++) {
      this.socket.write(body[index] ?? '')
    }
    this.socket.uncork()
  }

  #consume(bytes: Buffer): void {
    let rest = bytes
    while (rest.length > 0) {
      if (!this.#receiver) throw new HttpError('data that nobody asked for')
      rest = this.#head ? this.#body(rest) : this.#readHead(rest)
    }
  }

  #readHead(bytes: Buffer): Buffer {
    const all = this.#partialHead ? Buffer.concat([this.#partialHead, bytes]) : bytes
    const end = all.indexOf(blankLine)
    if (end > headLimitBytes || (end === -1 && all.length > headLimitBytes)) {
      throw new HttpError(`a response head of more than ${headLimitBytes} bytes`)
    }
    if (end === -1) {
      this.#partialHead = Buffer.from(all)
      return all.subarray(all.length)
    }
    this.#partialHead = undefined
    const head = this.#headFrom(all.toString('latin1', 0, end))
    const rest = all.subarray(end + blankLine.length)
    if (head.status === 101) throw new HttpError('an upgrade that nobody asked for')
    if (head.status < 200) return rest
    this.#begin(head, rest)
    return rest
  }

  /** A server that answers alike within a second sends the same head again, and what was read of it holds. */
  #headFrom(text: string): ResponseHead {
    if (text === this.#lastText && this.#lastHead) return this.#lastHead
    this.#lastHead = parseHead(text)
    this.#lastText = text
    return this.#lastHead
  }

  #begin(head: ResponseHead, rest: Buffer): void {
    this.#head = head
    this.#chunked = head.framing.kind === 'chunked' ? new ChunkedDecoder() : undefined
    this.#left = head.framing.kind === 'length' ? head.framing.bytes : Number.POSITIVE_INFINITY
    this.#receiver?.head(head)
    if (this.#left === 0) this.#complete(rest)
  }

  #body(bytes: Buffer): Buffer {
    if (this.#chunked) {
      const used = this.#chunked.push(bytes, (data) => this.#receiver?.data(data))
      const rest = bytes.subarray(used)
      if (this.#chunked.isDone) this.#complete(rest)
      return rest
    }
    const take = Math.min(this.#left, bytes.length)
    const rest = bytes.subarray(take)
    this.#left -= take
    this.#receiver?.data(take === bytes.length ? bytes : bytes.subarray(0, take))
    if (this.#left === 0) this.#complete(rest)
    return rest
  }

  /** A server that says more than it was asked is not asked again on this connection. */
  #complete(rest: Buffer): void {
    const receiver = this.#receiver
    const head = this.#head
    this.#receiver = undefined
    this.#head = undefined
    this.#chunked = undefined
    this.served++
    if (head?.keepAlive === true && receiver && rest.length === 0) {
      this.keepAliveMs = head.keepAliveMs
      if (this.socket.isPaused()) this.socket.resume()
      this.#onIdle(this)
    } else this.socket.destroy()
    receiver?.end()
  }
}
