import type { Bytes, ByteText, Payload } from '../../wire/bytes.ts'
import type { ExchangeReceiver } from '../../wire/http/connection.ts'
import type { ResponseHead } from '../../wire/http/head.ts'
import type { RelayHandle } from '../../wire/http/relay-client.ts'
import type { SseEvent } from '../../wire/sse.ts'
import type { Body } from './response-body.ts'
import { bodyFor, BodyProblem } from './response-body.ts'

/** What one exchange with a server over HTTP comes to. */
export interface ExchangeReader {
  /** The status and headers, before any message. */
  head?(head: ResponseHead): void
  /** One JSON-RPC message, in a buffer of its own. */
  message(bytes: Bytes, head: ResponseHead): void
  /** An event of a stream, before its message; false when it was read before. */
  reached?(event: SseEvent): boolean
  /** The response is complete; `text` is the beginning of a body that was neither JSON nor a stream. */
  end(head: ResponseHead, text: string): void
  failed(error: Error, wasSent: boolean): void
}

export interface ExchangeRequest {
  readonly method: 'POST' | 'GET' | 'DELETE'
  readonly headers: ByteText
  readonly body: Payload
}

/** Reads the answer to one request as messages, however the server chose to frame them. */
export class Reading implements ExchangeReceiver {
  handle: RelayHandle | undefined
  readonly #limitBytes: number
  readonly #reader: ExchangeReader
  #head: ResponseHead | undefined
  #body: Body | undefined

  constructor(limitBytes: number, reader: ExchangeReader) {
    this.#limitBytes = limitBytes
    this.#reader = reader
  }

  head(head: ResponseHead): void {
    this.#head = head
    this.#body = bodyFor(head, this.#limitBytes)
    this.#reader.head?.(head)
  }

  data(piece: Buffer): void {
    const problem = this.#body?.push(piece, this)
    if (problem === undefined) return
    this.handle?.abandon()
    this.#reader.failed(new BodyProblem(problem), true)
  }

  /** A whole message was read. */
  message(bytes: Bytes): void {
    if (this.#head) this.#reader.message(bytes, this.#head)
  }

  reached(event: SseEvent): boolean {
    return this.#reader.reached?.(event) ?? true
  }

  end(): void {
    if (!this.#head) return
    const text = this.#body?.end(this) ?? ''
    this.#reader.end(this.#head, text)
  }

  failed(error: Error, wasSent: boolean): void {
    this.#reader.failed(error, wasSent)
  }
}
