/** Bytes as a string, one character (0 to 255) a byte: the cheapest way to cut and join small messages. */
export type ByteText = string

/** What was read from a peer: small messages in one piece, larger ones in the pieces they came in. */
export type Bytes = Buffer | readonly Buffer[]

/** What is written to a peer: small messages as one byte text, larger ones as the pieces they are made of. */
export type Payload = ByteText | readonly Buffer[]

/** Up to here joining strings is cheaper than writing several buffers. */
const joinBelowBytes = 4096

export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: ByteText
}

/** The bytes with each span replaced; edits are in order and do not overlap. */
export function splice(bytes: Buffer, edits: readonly Edit[]): Payload {
  return bytes.length <= joinBelowBytes ? spliceText(bytes, edits) : spliceChunks([bytes], edits)
}

function spliceText(bytes: Buffer, edits: readonly Edit[]): ByteText {
  const whole = bytes.toString('latin1')
  let text = ''
  let at = 0
  for (const edit of edits) {
    text += whole.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return text + whole.slice(at)
}

/** The same for bytes in pieces, which stay where they are; small ones that meet become one. */
export function spliceChunks(chunks: readonly Buffer[], edits: readonly Edit[]): readonly Buffer[] {
  const pieces = new Pieces()
  let next = 0
  let base = 0
  let at = 0
  for (const chunk of chunks) {
    const end = base + chunk.length
    for (let edit = edits[next]; edit && edit.start < end; edit = edits[++next]) {
      pieces.add(chunk, at - base, edit.start - base)
      pieces.addText(edit.text)
      at = edit.end
      // A span that goes on in the next chunk is cut there.
      if (at > end) {
        next++
        break
      }
    }
    pieces.add(chunk, at - base, chunk.length)
    at = Math.max(at, end)
    base = end
  }
  for (const edit of edits.slice(next)) pieces.addText(edit.text)
  return pieces.take()
}

/** Pieces this small are cheaper to join than to write one by one. */
export const smallPieceBytes = 1024

class Pieces {
  readonly #pieces: Buffer[] = []
  #text: ByteText = ''

  add(chunk: Buffer, from: number, to: number): void {
    const start = Math.max(from, 0)
    if (start >= to) return
    if (to - start <= smallPieceBytes) this.#text += chunk.toString('latin1', start, to)
    else {
      this.#flush()
      this.#pieces.push(to - start === chunk.length ? chunk : chunk.subarray(start, to))
    }
  }

  addText(text: ByteText): void {
    this.#text += text
  }

  take(): readonly Buffer[] {
    this.#flush()
    return this.#pieces
  }

  #flush(): void {
    if (this.#text !== '') this.#pieces.push(Buffer.from(this.#text, 'latin1'))
    this.#text = ''
  }
}

export function payloadLength(payload: Payload): number {
  if (typeof payload === 'string') return payload.length
  let length = 0
  for (const piece of payload) length += piece.length
  return length
}

/** In one piece; joining several costs a copy. */
export function toBuffer(payload: Payload | Bytes): Buffer {
  if (typeof payload === 'string') return Buffer.from(payload, 'latin1')
  if (Buffer.isBuffer(payload)) return payload
  const [only] = payload
  return only && payload.length === 1 ? only : Buffer.concat(payload)
}

/** A JavaScript string as the bytes of its UTF-8. */
export function toUtf8(text: string): ByteText {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return Buffer.from(text, 'utf8').toString('latin1')
  }
  return text
}

/** The JavaScript string that UTF-8 bytes spell. */
export function fromUtf8(bytes: ByteText): string {
  for (let index = 0; index < bytes.length; index++) {
    if (bytes.charCodeAt(index) > 0x7f) return Buffer.from(bytes, 'latin1').toString('utf8')
  }
  return bytes
}

/** A value as JSON in UTF-8 bytes. */
export function toJson(value: unknown): ByteText {
  return toUtf8(JSON.stringify(value))
}
