import type { Bytes } from '../../wire/bytes.ts'
import type { ResponseHead } from '../../wire/http/head.ts'
import type { SseEvent } from '../../wire/sse.ts'
import { createSseParser } from '../../wire/sse.ts'

/** Told each message of a body. */
export interface MessageTaker {
  message(bytes: Bytes): void
  /** Told each event of a stream before its message; false when it was read before. */
  reached(event: SseEvent): boolean
}

/** Why a body is not read to its end. */
export class BodyProblem extends Error {
  override readonly name = 'BodyProblem'
}

/** Reads one response body as messages. */
export interface Body {
  /** Takes a piece that is only valid during the call; answers with a problem that ends the exchange. */
  push(piece: Buffer, taker: MessageTaker): string | undefined
  /** The body is complete; answers with its beginning when it held no messages. */
  end(taker: MessageTaker): string
}

const excerptBytes = 4096

export function bodyFor(head: ResponseHead, limitBytes: number): Body {
  const encoding = head.get('content-encoding')
  if (encoding !== undefined && encoding !== 'identity') {
    return {
      push: () => `an answer encoded as "${encoding}", which was not asked for`,
      end: () => '',
    }
  }
  if (head.contentType.startsWith('application/json')) return new JsonBody(head, limitBytes)
  return head.contentType.startsWith('text/event-stream')
    ? streamBody(limitBytes)
    : textBody(limitBytes)
}

/** One message; a large one stays in pieces, because joining them would be one more copy. */
class JsonBody implements Body {
  readonly #limitBytes: number
  readonly #expected: number
  #whole: Buffer | undefined
  #pieces: Buffer[] | undefined
  #joined = 0
  #length = 0

  constructor({ framing }: ResponseHead, limitBytes: number) {
    this.#limitBytes = limitBytes
    this.#expected = framing.kind === 'length' ? framing.bytes : -1
  }

  push(piece: Buffer): string | undefined {
    const at = this.#length
    this.#length += piece.length
    if (Math.max(this.#length, this.#expected) > this.#limitBytes) return tooLarge(this.#limitBytes)
    if (this.#expected === -1 || this.#expected > joinBelowBytes) {
      this.#add(Buffer.from(piece))
    } else {
      this.#whole ??= Buffer.allocUnsafe(this.#expected)
      piece.copy(this.#whole, at)
    }
    return undefined
  }

  #add(piece: Buffer): void {
    const pieces = (this.#pieces ??= [])
    pieces.push(piece)
    if (pieces.length - this.#joined < joinAfter) return
    const tail = Buffer.concat(pieces.slice(this.#joined))
    pieces.length = this.#joined
    this.#joined = pieces.push(tail)
  }

  end(taker: MessageTaker): string {
    if (this.#whole) taker.message(this.#whole)
    else if (this.#pieces) {
      taker.message(this.#length > joinBelowBytes ? this.#pieces : Buffer.concat(this.#pieces))
    }
    return ''
  }
}

const joinBelowBytes = 64 * 1024
/** Joining this many at a time keeps a server that sends tiny chunks from costing an object for each. */
const joinAfter = 1024

function streamBody(limitBytes: number): Body {
  let taker: MessageTaker | undefined
  let isTooLarge = false
  const parser = createSseParser({
    limitBytes,
    onEvent(event) {
      const isMessage = event.event === undefined || event.event === 'message'
      const isNews = taker?.reached(event) === true
      if (isNews && isMessage && event.data.length > 0) taker?.message(event.data)
    },
    onOversize() {
      isTooLarge = true
    },
  })
  return {
    push(piece, to) {
      taker = to
      // Messages keep slices of what they were read from, and the piece's memory is used again.
      parser.push(Buffer.from(piece))
      return isTooLarge ? tooLarge(limitBytes) : undefined
    },
    end() {
      parser.end()
      return ''
    },
  }
}

function textBody(limitBytes: number): Body {
  let text = ''
  let length = 0
  return {
    push(piece) {
      length += piece.length
      if (text.length < excerptBytes) text += piece.toString('latin1', 0, excerptBytes)
      return length > limitBytes ? tooLarge(limitBytes) : undefined
    },
    end: () => text,
  }
}

function tooLarge(limitBytes: number): string {
  return `an answer of more than ${limitBytes} bytes`
}
