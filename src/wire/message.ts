import { isUtf8 } from 'node:buffer'
import type { Bytes, ByteText, Edit, Payload } from './bytes.ts'
import { fromUtf8, splice, spliceChunks } from './bytes.ts'
import { areUtf8, chunksInclude, sliceChunks } from './chunks.ts'
import type { Spans } from './members.ts'
import { Member } from './members.ts'
import { EnvelopeError, ScanError } from './scan-error.ts'
import type { ScanLimits } from './scan-limits.ts'
import { Scanner } from './scanner.ts'

export type MessageKind = 'request' | 'notification' | 'response'

/** A JSON-RPC message as the bytes that came, and where its envelope lies in them. */
export class Message {
  readonly kind: MessageKind
  readonly #spans: Spans
  /** A large message stays the chunks it came in. */
  readonly #chunks: readonly Buffer[] | undefined
  #whole: Buffer | undefined
  #method: string | undefined

  constructor(bytes: Bytes, spans: Spans) {
    if (Buffer.isBuffer(bytes)) this.#whole = bytes
    else this.#chunks = bytes
    this.#spans = spans
    this.kind = kindOf(spans)
    checkEnvelope(this)
  }

  /** The whole message in one piece; joining a large one costs a copy. */
  get bytes(): Buffer {
    return (this.#whole ??= Buffer.concat(this.#chunks ?? []))
  }

  has(member: Member): boolean {
    return this.#spans[member * 2] !== -1
  }

  start(member: Member): number {
    return this.#spans[member * 2] ?? -1
  }

  end(member: Member): number {
    return this.#spans[member * 2 + 1] ?? -1
  }

  /** The value as the bytes that came, one character a byte. */
  raw(member: Member): ByteText | undefined {
    const start = this.start(member)
    if (start === -1) return undefined
    const end = this.end(member)
    if (this.#whole) return this.#whole.toString('latin1', start, end)
    return this.between(start, end).toString('latin1')
  }

  /** The value's bytes. */
  slice(member: Member): Buffer | undefined {
    const start = this.start(member)
    return start === -1 ? undefined : this.between(start, this.end(member))
  }

  /** The bytes between two offsets. */
  between(start: number, end: number): Buffer {
    return this.#whole?.subarray(start, end) ?? sliceChunks(this.#chunks ?? [], start, end)
  }

  byteAt(at: number): number | undefined {
    return this.#whole ? this.#whole[at] : this.between(at, at + 1)[0]
  }

  /** Whether the text stands anywhere in the message. */
  mentions(text: string): boolean {
    return this.#whole?.includes(text) ?? chunksInclude(this.#chunks ?? [], text)
  }

  /** The message with each span replaced; edits are in order and do not overlap. */
  splice(edits: readonly Edit[]): Payload {
    return this.#whole ? splice(this.#whole, edits) : spliceChunks(this.#chunks ?? [], edits)
  }

  /** The message as it came. */
  get payload(): Payload {
    return this.#whole ? [this.#whole] : (this.#chunks ?? [])
  }

  /** The value when it is a string, decoded. */
  text(member: Member): string | undefined {
    const raw = this.raw(member)
    return raw === undefined || raw.charCodeAt(0) !== 0x22 ? undefined : decodeString(raw)
  }

  /** The value, parsed; numbers lose what JavaScript cannot hold. */
  parsed(member: Member): unknown {
    const bytes = this.slice(member)
    return bytes === undefined ? undefined : JSON.parse(bytes.toString())
  }

  get method(): string {
    return (this.#method ??= this.text(Member.method) ?? '')
  }

  get isError(): boolean {
    return this.has(Member.error)
  }
}

export type ReadMessage = (bytes: Bytes) => Message

/** Reads messages: bytes that are not one JSON-RPC message within limits throw `ScanError`. */
export function createMessageReader(limits?: ScanLimits): ReadMessage {
  const scanner = new Scanner(limits)
  return (bytes) => {
    const spans = scanner.scan(bytes)
    if (scanner.sawNonAscii && !(Buffer.isBuffer(bytes) ? isUtf8(bytes) : areUtf8(bytes))) {
      throw new ScanError('it is not UTF-8', 0)
    }
    return new Message(bytes, spans)
  }
}

export function decodeString(raw: ByteText): string {
  const inner = raw.slice(1, -1)
  return inner.includes('\\') ? String(JSON.parse(fromUtf8(raw))) : fromUtf8(inner)
}

/** Whether the object that begins at `start` has no members. */
export function isEmptyAt(message: Message, start: number): boolean {
  for (let at = start + 1; ; at++) {
    const byte = message.byteAt(at)
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte === 0x7d
  }
}

function kindOf(spans: Spans): MessageKind {
  if (spans[Member.method * 2] === -1) return 'response'
  return spans[Member.id * 2] === -1 ? 'notification' : 'request'
}

function checkEnvelope(message: Message): void {
  if (!isVersionTwo(message)) refuse(message, 'it does not say "jsonrpc":"2.0"')
  const answers = (message.has(Member.result) ? 1 : 0) + (message.has(Member.error) ? 1 : 0)
  if (message.kind === 'response') {
    if (answers !== 1) refuse(message, 'it is neither a request nor an answer')
    return
  }
  if (answers > 0) refuse(message, 'it is a request and an answer at once')
  if (message.byteAt(message.start(Member.method)) !== 0x22) {
    refuse(message, '"method" is not a string', Member.method)
  }
  if (message.has(Member.params) && !isContainer(message.byteAt(message.start(Member.params)))) {
    refuse(message, '"params" is not an object', Member.params)
  }
  if (message.kind === 'request' && usableId(message) === undefined) {
    refuse(message, '"id" is neither a string nor an integer', Member.id)
  }
}

function refuse(message: Message, problem: string, member?: Member): never {
  const offset = member === undefined ? 0 : message.start(member)
  throw new EnvelopeError(problem, offset, usableId(message))
}

/** `"2.0"`, compared byte by byte because every message passes here. */
function isVersionTwo(message: Message): boolean {
  const at = message.start(Member.jsonrpc)
  return (
    at !== -1 &&
    message.end(Member.jsonrpc) - at === 5 &&
    message.byteAt(at) === 0x22 &&
    message.byteAt(at + 1) === 0x32 &&
    message.byteAt(at + 2) === 0x2e &&
    message.byteAt(at + 3) === 0x30
  )
}

/** Requests carry a string or a number; `null` and fractions identify nothing. */
function usableId(message: Message): ByteText | undefined {
  const raw = message.raw(Member.id)
  return raw !== undefined && /^(?:"|-?\d+$)/.test(raw) ? raw : undefined
}

function isContainer(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b
}
