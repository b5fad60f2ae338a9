import type { ResponseHead } from '../../wire/http/head.ts'
import type { RelayHandle } from '../../wire/http/relay-client.ts'
import type { SseEvent } from '../../wire/sse.ts'
import type { Bytes, Payload } from '../../wire/bytes.ts'
import type { Session } from './legacy-session.ts'
import { exchange } from './post.ts'
import type { ExchangeReader } from './reading.ts'
import { BodyProblem } from './response-body.ts'
import type { HttpWire } from './wire.ts'

export interface ResumedReader extends ExchangeReader {
  /** Whether the answer is still to come. */
  isWaiting(): boolean
}

const pauseMs = 500
/** So often in a row a stream may fail to be taken up again. */
const maxFailures = 3
const maxRemembered = 1024

/**
 * Sends a request of a legacy session and reads its answer; a stream that ends before it is taken up again where it
 * broke off, as often as need be, if the server gave its events ids.
 */
export function resumedExchange(
  wire: HttpWire,
  session: Session,
  body: Payload,
  reader: ResumedReader,
): Pick<RelayHandle, 'abandon'> {
  return new Resumed(wire, session, reader).begin(body)
}

class Resumed implements ExchangeReader {
  readonly #wire: HttpWire
  readonly #session: Session
  readonly #reader: ResumedReader
  readonly #seen = new Set<string>()
  #lastId: string | undefined
  #pauseMs = pauseMs
  #failures = 0
  #isOver = false
  #handle: RelayHandle | undefined
  /** How the request ends if its stream cannot be taken up again. */
  #giveUp: (() => void) | undefined

  constructor(wire: HttpWire, session: Session, reader: ResumedReader) {
    this.#wire = wire
    this.#session = session
    this.#reader = reader
  }

  begin(body: Payload): this {
    this.#send({ method: 'POST', headers: this.#session.headers, body })
    return this
  }

  abandon(): void {
    this.#isOver = true
    this.#handle?.abandon()
  }

  head(head: ResponseHead): void {
    this.#reader.head?.(head)
  }

  message(bytes: Bytes, head: ResponseHead): void {
    // Why a stream cannot be taken up again is no answer to the request.
    if (this.#giveUp === undefined || head.status === 200) this.#reader.message(bytes, head)
  }

  reached({ id, retryMs }: SseEvent): boolean {
    this.#failures = 0
    if (retryMs !== undefined) this.#pauseMs = retryMs
    if (id === undefined) return true
    this.#lastId = id === '' ? undefined : id
    if (id === '') return true
    if (this.#seen.has(id)) return false
    const [oldest] = this.#seen
    if (this.#seen.size >= maxRemembered && oldest !== undefined) this.#seen.delete(oldest)
    this.#seen.add(id)
    return true
  }

  end(head: ResponseHead, text: string): void {
    const isSessionLost = head.status === 404
    if (isSessionLost || this.#lastId === undefined) return this.#reader.end(head, text)
    this.#broke(() => this.#reader.end(head, text), head.status)
  }

  failed(error: Error, wasSent: boolean): void {
    const isRefused = error instanceof BodyProblem
    if (isRefused || this.#lastId === undefined) return this.#reader.failed(error, wasSent)
    this.#broke(() => this.#reader.failed(error, true), 0)
  }

  /** A stream ended before its answer, or could not be taken up again. */
  #broke(giveUp: () => void, status: number): void {
    this.#giveUp ??= giveUp
    if (status !== 200) this.#failures++
    const isHopeless = (status >= 400 && status < 500) || this.#failures > maxFailures
    if (isHopeless || !this.#isWanted()) return this.#giveUp()
    this.#wire.later(this.#pauseMs, () => {
      if (!this.#isWanted()) return
      const place = Buffer.from(this.#lastId ?? '').toString('latin1')
      const headers = `${this.#session.headers}Last-Event-ID: ${place}\r\n`
      this.#send({ method: 'GET', headers, body: '' })
    })
  }

  #isWanted(): boolean {
    return !this.#isOver && this.#reader.isWaiting()
  }

  #send(request: Parameters<typeof exchange>[1]): void {
    this.#handle = exchange(this.#wire, request, this)
  }
}
