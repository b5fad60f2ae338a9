import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Bytes } from '../../wire/bytes.ts'

/** Told the body, or why there is none; exactly once, unless the client leaves before its body is complete. */
export type BodyDone = (error: GatewayError | undefined, body: Bytes) => void

/** Reads a body within a limit, whatever its declared length says. */
export function readBody(
  request: IncomingMessage,
  limitBytes: number,
  lengthBytes: number | undefined,
  done: BodyDone,
): void {
  const reading = new Reading(limitBytes, lengthBytes, done)
  request.on('data', (chunk: Buffer) => reading.take(chunk))
  if (lengthBytes === undefined || lengthBytes === 0) request.on('end', () => reading.finish())
}

class Reading {
  readonly #limitBytes: number
  readonly #expected: number
  #done: BodyDone | undefined
  #first: Buffer | undefined
  #more: Buffer[] | undefined
  #length = 0

  constructor(limitBytes: number, lengthBytes: number | undefined, done: BodyDone) {
    this.#limitBytes = limitBytes
    this.#expected = lengthBytes ?? -1
    this.#done = done
  }

  take(chunk: Buffer): void {
    if (this.#done === undefined) return
    this.#length += chunk.length
    if (Math.max(this.#length, this.#expected) > this.#limitBytes) {
      const limitBytes = this.#limitBytes
      return this.#settle(
        new GatewayError('too_large', { what: 'The request body', limitBytes }),
        empty,
      )
    }
    if (this.#first === undefined) this.#first = chunk
    else (this.#more ??= [this.#first]).push(chunk)
    // Where the length was declared, the end of the stream tells nothing new.
    if (this.#length === this.#expected) this.finish()
  }

  finish(): void {
    const pieces = this.#more
    if (pieces && this.#length > joinBelowBytes) this.#settle(undefined, pieces)
    else
      this.#settle(undefined, pieces ? Buffer.concat(pieces, this.#length) : (this.#first ?? empty))
  }

  #settle(error: GatewayError | undefined, body: Bytes): void {
    const done = this.#done
    this.#done = undefined
    done?.(error, body)
  }
}

const empty = Buffer.alloc(0)

/** Larger bodies stay in the pieces they came in: joining them would be one more copy. */
const joinBelowBytes = 64 * 1024
