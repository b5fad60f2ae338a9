import { isUtf8 } from 'node:buffer'
import type { ByteText } from './bytes.ts'
import { fromUtf8 } from './bytes.ts'
import { Member } from './members.ts'
import type { ScanLimits, Spans } from './scanner.ts'
import { ScanError, Scanner } from './scanner.ts'

export type MessageKind = 'request' | 'notification' | 'response'

/** A JSON-RPC message as the bytes that came, and where its envelope lies in them. */
export class Message {
  readonly bytes: Buffer
  readonly kind: MessageKind
  readonly #spans: Spans
  #method: string | undefined

  constructor(bytes: Buffer, spans: Spans) {
    this.bytes = bytes
    this.#spans = spans
    this.kind = kindOf(spans)
    checkEnvelope(this)
  }

  has(member: Member): boolean {
    return this.#spans[member * 2] !== -1
  }

  start(member: Member): number {
    return this.#spans[member * 2] as number
  }

  end(member: Member): number {
    return this.#spans[member * 2 + 1] as number
  }

  /** The value as the bytes that came, one character a byte. */
  raw(member: Member): ByteText | undefined {
    const start = this.start(member)
    return start === -1 ? undefined : this.bytes.toString('latin1', start, this.end(member))
  }

  /** The value's bytes. */
  slice(member: Member): Buffer | undefined {
    const start = this.start(member)
    return start === -1 ? undefined : this.bytes.subarray(start, this.end(member))
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

/** Reads messages: bytes that are not one JSON-RPC message within limits throw `ScanError`. */
export function createMessageReader(limits?: ScanLimits): (bytes: Buffer) => Message {
  const scanner = new Scanner(limits)
  return (bytes) => {
    const spans = scanner.scan(bytes)
    if (scanner.sawNonAscii && !isUtf8(bytes)) throw new ScanError('it is not UTF-8', 0)
    return new Message(bytes, spans)
  }
}

export function decodeString(raw: ByteText): string {
  const inner = raw.slice(1, -1)
  return inner.includes('\\') ? (JSON.parse(fromUtf8(raw)) as string) : fromUtf8(inner)
}

function kindOf(spans: Spans): MessageKind {
  if (spans[Member.method * 2] === -1) return 'response'
  return spans[Member.id * 2] === -1 ? 'notification' : 'request'
}

function checkEnvelope(message: Message): void {
  if (!isVersionTwo(message)) {
    throw new ScanError('it does not say "jsonrpc":"2.0"', 0)
  }
  const answers = (message.has(Member.result) ? 1 : 0) + (message.has(Member.error) ? 1 : 0)
  if (message.kind === 'response') {
    if (answers !== 1) throw new ScanError('it is neither a request nor an answer', 0)
    return
  }
  if (answers > 0) throw new ScanError('it is a request and an answer at once', 0)
  if (message.bytes[message.start(Member.method)] !== 0x22)
    throw new ScanError('"method" is not a string', message.start(Member.method))
  if (message.has(Member.params) && !isContainer(message.bytes[message.start(Member.params)])) {
    throw new ScanError('"params" is not an object', message.start(Member.params))
  }
  if (message.kind === 'request') checkId(message)
}

/** `"2.0"`, compared byte by byte because every message passes here. */
function isVersionTwo(message: Message): boolean {
  const at = message.start(Member.jsonrpc)
  const { bytes } = message
  return (
    at !== -1 &&
    bytes[at] === 0x22 &&
    bytes[at + 1] === 0x32 &&
    bytes[at + 2] === 0x2e &&
    bytes[at + 3] === 0x30 &&
    bytes[at + 4] === 0x22
  )
}

/** Requests carry a string or a number; `null` and fractions identify nothing. */
function checkId(message: Message): void {
  const raw = message.raw(Member.id) ?? ''
  if (!/^(?:"|-?\d+$)/.test(raw))
    throw new ScanError('"id" is neither a string nor an integer', message.start(Member.id))
}

function isContainer(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b
}
