/** Bytes as a string, one character (0 to 255) a byte: the cheapest way to cut and join small messages. */
export type ByteText = string

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
  return bytes.length <= joinBelowBytes ? spliceText(bytes, edits) : spliceBuffers(bytes, edits)
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

function spliceBuffers(bytes: Buffer, edits: readonly Edit[]): readonly Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  for (const edit of edits) {
    if (edit.start > at) pieces.push(bytes.subarray(at, edit.start))
    if (edit.text.length > 0) pieces.push(Buffer.from(edit.text, 'latin1'))
    at = edit.end
  }
  if (at < bytes.length) pieces.push(bytes.subarray(at))
  return pieces
}

export function payloadLength(payload: Payload): number {
  if (typeof payload === 'string') return payload.length
  let length = 0
  for (const piece of payload) length += piece.length
  return length
}

export function toBuffer(payload: Payload): Buffer {
  if (typeof payload === 'string') return Buffer.from(payload, 'latin1')
  return payload.length === 1 ? (payload[0] as Buffer) : Buffer.concat(payload)
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
