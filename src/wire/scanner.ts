import { memberCount, rootObject, trackedObjects } from './members.ts'
import { PlainRun } from './plain-run.ts'

export interface ScanLimits {
  readonly depth: number
  /** Values and keys together. */
  readonly tokens: number
  readonly stringBytes: number
}

export const defaultScanLimits: ScanLimits = {
  depth: 64,
  tokens: 200_000,
  stringBytes: 16 * 1024 * 1024,
}

/** Why a message was refused, and at which byte. */
export class ScanError extends Error {
  override readonly name = 'ScanError'
  readonly offset: number

  constructor(problem: string, offset: number) {
    super(problem)
    this.offset = offset
  }
}

/** Where each `Member` lies: its start at `2 * member`, its end after it; -1 when absent. */
export type Spans = number[]

const absent: Spans = Array.from({ length: memberCount * 2 }, () => -1)

// What the scanner expects next.
const VALUE = 0
const FIRST_VALUE = 1
const FIRST_KEY = 2
const KEY = 3
const COLON = 4
const AFTER = 5
const DONE = 6
const STRING = 7
const ESCAPE = 8
const UNICODE = 9
const NUMBER = 10
const LITERAL = 11

// Where a number stands, by the grammar of RFC 8259.
const MINUS = 0
const ZERO = 1
const INTEGER = 2
const POINT = 3
const FRACTION = 4
const EXPONENT = 5
const EXPONENT_SIGN = 6
const EXPONENT_DIGITS = 7

const literals = ['true', 'false', 'null'] as const
const ARRAY = 0x80

/**
 * Checks that bytes are one JSON text within limits and notes where the envelope members lie,
 * without building any value. Chunks may be split anywhere; offsets count from the first byte.
 */
export class Scanner {
  readonly #limits: ScanLimits
  readonly #run = new PlainRun()
  /** Per depth: the tracked object (0 = none), or ARRAY. */
  readonly #containers: Uint8Array
  /** Per depth: the member whose value the container is, -1 for none. */
  readonly #owners: Int8Array
  #spans: Spans = absent
  #state = VALUE
  #depth = 0
  #tokens = 0
  #base = 0
  #member = -1
  #inside = rootObject
  #inKey = false
  #keyEscaped = false
  #stringStart = 0
  #carriedKey = ''
  #hexLeft = 0
  #number = MINUS
  #literal: string = literals[0]
  #literalAt = 0

  constructor(limits: ScanLimits = defaultScanLimits) {
    this.#limits = limits
    this.#containers = new Uint8Array(limits.depth + 2)
    this.#owners = new Int8Array(limits.depth + 2)
    this.reset()
  }

  reset(): void {
    this.#spans = absent.slice()
    this.#state = VALUE
    this.#depth = 0
    this.#tokens = 0
    this.#base = 0
    this.#member = -1
    this.#inside = rootObject
    this.#inKey = false
    this.#keyEscaped = false
    this.#carriedKey = ''
    this.#run.sawNonAscii = false
  }

  get sawNonAscii(): boolean {
    return this.#run.sawNonAscii
  }

  /** The spans found so far; a member's end is -1 while its value is still coming. */
  get spans(): Spans {
    return this.#spans
  }

  /** How many bytes were pushed. */
  get length(): number {
    return this.#base
  }

  /** Scans one whole message. */
  scan(bytes: Buffer): Spans {
    this.reset()
    this.push(bytes)
    return this.end()
  }

  /** Ends the text; throws when it is not complete. */
  end(): Spans {
    if (this.#state === NUMBER && this.#depth === 0) this.#endNumber(this.#base)
    if (this.#state !== DONE) throw new ScanError('it ends too early', this.#base)
    return this.#spans
  }

  push(bytes: Buffer): void {
    this.#run.reset()
    const end = bytes.length
    let at = 0
    while (at < end) {
      const byte = bytes[at] as number
      switch (this.#state) {
        case STRING:
          at = this.#string(bytes, at, end)
          continue
        case AFTER:
          if (byte === 0x2c) {
            at++
            if (this.#depth === 0) this.#refuse('more follows the message', at)
            this.#state = this.#containers[this.#depth] === ARRAY ? VALUE : KEY
            continue
          }
          if (byte === 0x7d || byte === 0x5d) {
            this.#close(byte, at)
            at++
            continue
          }
          break
        case FIRST_KEY:
        case KEY:
          if (byte === 0x22) {
            at++
            this.#inKey = true
            this.#keyEscaped = false
            this.#stringStart = this.#base + at
            this.#token(at)
            this.#state = STRING
            continue
          }
          if (byte === 0x7d && this.#state === FIRST_KEY) {
            this.#close(byte, at)
            at++
            continue
          }
          break
        case COLON:
          if (byte === 0x3a) {
            at++
            this.#state = VALUE
            continue
          }
          break
        case FIRST_VALUE:
        case VALUE:
          if (byte > 0x20) {
            if (byte === 0x5d && this.#state === FIRST_VALUE) this.#close(byte, at)
            else this.#beginValue(byte, at)
            at++
            continue
          }
          break
        case NUMBER:
          at = this.#numberEnd(bytes, at, end)
          continue
        case LITERAL:
          if (byte !== this.#literal.charCodeAt(this.#literalAt))
            this.#refuse('an unknown word', at)
          at++
          if (++this.#literalAt === this.#literal.length) this.#endValue(this.#base + at)
          continue
        case ESCAPE:
          at++
          if (byte === 0x75) {
            this.#hexLeft = 4
            this.#state = UNICODE
          } else if (isEscapable(byte)) this.#state = STRING
          else this.#refuse('an unknown escape', at - 1)
          continue
        case UNICODE:
          if (!isHex(byte)) this.#refuse('a bad \\u escape', at)
          at++
          if (--this.#hexLeft === 0) this.#state = STRING
          continue
      }
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
        this.#unexpected(byte, at)
      at++
    }
    if (this.#state === STRING && this.#inKey) this.#carryKey(bytes)
    this.#base += end
  }

  #beginValue(byte: number, at: number): void {
    this.#token(at)
    if (this.#member >= 0) this.#spans[this.#member * 2] = this.#base + at
    if (byte === 0x22) {
      this.#inKey = false
      this.#stringStart = this.#base + at + 1
      this.#state = STRING
    } else if (byte === 0x7b) this.#open(this.#inside, FIRST_KEY, at)
    else if (byte === 0x5b) this.#open(ARRAY, FIRST_VALUE, at)
    else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      this.#number = byte === 0x2d ? MINUS : byte === 0x30 ? ZERO : INTEGER
      this.#state = NUMBER
    } else {
      const literal = byte === 0x74 ? 0 : byte === 0x66 ? 1 : byte === 0x6e ? 2 : -1
      if (literal < 0) this.#unexpected(byte, at)
      this.#literal = literals[literal as 0]
      this.#literalAt = 1
      this.#state = LITERAL
    }
  }

  #open(container: number, next: number, at: number): void {
    if (++this.#depth > this.#limits.depth) {
      this.#refuse(`nested deeper than ${this.#limits.depth} levels`, at)
    }
    this.#containers[this.#depth] = container
    this.#owners[this.#depth] = this.#member
    this.#member = -1
    this.#inside = 0
    this.#state = next
  }

  #close(byte: number, at: number): void {
    const isArray = this.#containers[this.#depth] === ARRAY
    if (this.#depth === 0 || isArray !== (byte === 0x5d)) this.#unexpected(byte, at)
    this.#member = this.#owners[this.#depth] as number
    this.#depth--
    this.#endValue(this.#base + at + 1)
  }

  #endValue(end: number): void {
    if (this.#member >= 0) {
      this.#spans[this.#member * 2 + 1] = end
      this.#member = -1
    }
    this.#inside = 0
    this.#state = this.#depth === 0 ? DONE : AFTER
  }

  #string(bytes: Buffer, from: number, end: number): number {
    const at = this.#run.endOf(bytes, from, end)
    if (this.#base + at - this.#stringStart > this.#limits.stringBytes) {
      this.#refuse(`a string longer than ${this.#limits.stringBytes} bytes`, at)
    }
    if (at === end) return at
    const byte = bytes[at]
    if (byte === 0x22) {
      if (this.#inKey) this.#endKey(bytes, at)
      else this.#endValue(this.#base + at + 1)
    } else if (byte === 0x5c) {
      this.#keyEscaped = true
      this.#state = ESCAPE
    } else this.#refuse('a control character inside a string', at)
    return at + 1
  }

  #endKey(bytes: Buffer, at: number): void {
    this.#state = COLON
    const container = this.#containers[this.#depth] as number
    if (container === 0) return
    const start = this.#stringStart - this.#base
    const carried = this.#carriedKey
    if (start >= 0 && !this.#keyEscaped) this.#match(container, bytes, start, at)
    else this.#matchRare(container, carried + bytes.toString('latin1', Math.max(0, start), at), at)
    this.#carriedKey = ''
  }

  /** A key that was split over chunks or spelled with escapes. */
  #matchRare(container: number, raw: string, at: number): void {
    const text = this.#keyEscaped ? (JSON.parse(`"${raw}"`) as string) : raw
    const bytes = Buffer.from(text, 'latin1')
    this.#match(container, bytes, 0, bytes.length)
    if (this.#keyEscaped && this.#member >= 0)
      this.#refuse(`the key "${text}" is spelled with escapes`, at)
  }

  #match(container: number, bytes: Buffer, start: number, end: number): void {
    const candidates = trackedObjects[container]?.byLength[end - start]
    if (candidates === undefined) return
    for (const candidate of candidates) {
      if (!sameBytes(bytes, start, candidate.text)) continue
      if (this.#spans[candidate.member * 2] !== -1) {
        this.#refuse(`the key "${candidate.text}" comes twice`, end)
      }
      this.#member = candidate.member
      this.#inside = candidate.inside
      return
    }
  }

  #carryKey(bytes: Buffer): void {
    if (this.#containers[this.#depth] === 0) return
    this.#carriedKey += bytes.toString('latin1', Math.max(0, this.#stringStart - this.#base))
    // An envelope key is short; a long one need not be kept to be known as foreign.
    if (this.#carriedKey.length > 512) this.#carriedKey = this.#carriedKey.slice(0, 512)
  }

  #numberEnd(bytes: Buffer, from: number, end: number): number {
    let at = from
    let number = this.#number
    for (; at < end; at++) {
      const next = numberStep(number, bytes[at] as number)
      if (next < 0) break
      number = next
    }
    this.#number = number
    if (at < end) this.#endNumber(this.#base + at)
    return at
  }

  #endNumber(end: number): void {
    const whole = this.#number
    if (whole !== ZERO && whole !== INTEGER && whole !== FRACTION && whole !== EXPONENT_DIGITS) {
      this.#refuse('a number that is not complete', end - this.#base)
    }
    this.#endValue(end)
  }

  #token(at: number): void {
    if (++this.#tokens > this.#limits.tokens)
      this.#refuse(`more than ${this.#limits.tokens} values`, at)
  }

  #unexpected(byte: number, at: number): never {
    const shown =
      byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16)}`
    return this.#refuse(`unexpected ${shown}`, at)
  }

  #refuse(problem: string, at: number): never {
    throw new ScanError(problem, this.#base + at)
  }
}

function sameBytes(bytes: Buffer, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false
  }
  return true
}

function isEscapable(byte: number): boolean {
  // " \ / b f n r t
  return (
    byte === 0x22 ||
    byte === 0x5c ||
    byte === 0x2f ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74
  )
}

function isHex(byte: number): boolean {
  const lower = byte | 0x20
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66)
}

/** The next place in the number grammar, or -1 when the byte is not part of the number. */
function numberStep(at: number, byte: number): number {
  const isDigit = byte >= 0x30 && byte <= 0x39
  switch (at) {
    case MINUS:
      return byte === 0x30 ? ZERO : isDigit ? INTEGER : -1
    case ZERO:
    case INTEGER:
      if (isDigit) return at === INTEGER ? INTEGER : -1
      return byte === 0x2e ? POINT : byte === 0x65 || byte === 0x45 ? EXPONENT : -1
    case POINT:
      return isDigit ? FRACTION : -1
    case FRACTION:
      return isDigit ? FRACTION : byte === 0x65 || byte === 0x45 ? EXPONENT : -1
    case EXPONENT:
      return isDigit ? EXPONENT_DIGITS : byte === 0x2b || byte === 0x2d ? EXPONENT_SIGN : -1
    default:
      return isDigit ? EXPONENT_DIGITS : -1
  }
}
