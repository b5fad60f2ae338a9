import type { Bytes } from './bytes.ts'
import {
  INTEGER,
  isEscapable,
  isHex,
  isWholeNumber,
  MINUS,
  numberStep,
  ZERO,
} from './json-grammar.ts'
import type { Spans, TrackedKey } from './members.ts'
import { noSpans, rootObject, trackedKey } from './members.ts'
import { PlainRun } from './plain-run.ts'
import { ScanError } from './scan-error.ts'
import type { ScanLimits } from './scan-limits.ts'
import { defaultScanLimits } from './scan-limits.ts'

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

const ARRAY = 0x80

/** No envelope key is longer, however it is spelled: `\u006e` is six bytes for one. */
const longestSpelling = 512

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
  #spans: Spans = noSpans.slice()
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
  #literal = ''
  #literalAt = 0

  constructor(limits: ScanLimits = defaultScanLimits) {
    this.#limits = limits
    this.#containers = new Uint8Array(limits.depth + 2)
    this.#owners = new Int8Array(limits.depth + 2)
    this.reset()
  }

  reset(): void {
    this.#spans = noSpans.slice()
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

  /** Scans one whole message. */
  scan(bytes: Bytes): Spans {
    this.reset()
    if (Buffer.isBuffer(bytes)) this.push(bytes)
    else for (const chunk of bytes) this.push(chunk)
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
      const byte = bytes[at] ?? 0
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
            at = this.#string(bytes, at, end)
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
            const isEmpty = byte === 0x5d && this.#state === FIRST_VALUE
            if (isEmpty) this.#close(byte, at)
            else this.#beginValue(byte, at)
            at++
            if (byte === 0x22) at = this.#string(bytes, at, end)
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
    if (this.#inKey && this.#state >= STRING && this.#state <= UNICODE) this.#carryKey(bytes)
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
      this.#literal = byte === 0x74 ? 'true' : byte === 0x66 ? 'false' : byte === 0x6e ? 'null' : ''
      if (this.#literal === '') this.#unexpected(byte, at)
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
    this.#member = this.#owners[this.#depth] ?? -1
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
      if (!this.#inKey) this.#endValue(this.#base + at + 1)
      else {
        this.#endKey(bytes, at)
        // The colon nearly always follows at once.
        if (bytes[at + 1] === 0x3a) {
          this.#state = VALUE
          return at + 2
        }
      }
    } else if (byte === 0x5c) {
      this.#keyEscaped = true
      this.#state = ESCAPE
    } else this.#refuse('a control character inside a string', at)
    return at + 1
  }

  #endKey(bytes: Buffer, at: number): void {
    this.#state = COLON
    const container = this.#containers[this.#depth] ?? 0
    if (container === 0) return
    const start = this.#stringStart - this.#base
    if (at - start <= longestSpelling) {
      const key =
        start >= 0 && !this.#keyEscaped
          ? trackedKey(container, bytes, start, at)
          : this.#rareKey(container, bytes.toString('latin1', Math.max(0, start), at), at)
      if (key) this.#enter(key, at)
    }
    this.#carriedKey = ''
  }

  /** A key that was split over chunks or spelled with escapes. */
  #rareKey(container: number, end: string, at: number): TrackedKey | undefined {
    const raw = this.#carriedKey + end
    const text = this.#keyEscaped ? String(JSON.parse(`"${raw}"`)) : raw
    // A key of the envelope is ASCII, which UTF-8 leaves alone and makes of nothing else.
    const bytes = Buffer.from(text, 'utf8')
    const key = trackedKey(container, bytes, 0, bytes.length)
    if (this.#keyEscaped && key) this.#refuse(`the key "${text}" is spelled with escapes`, at)
    return key
  }

  /** The value that follows belongs to a member of the envelope. */
  #enter(key: TrackedKey, at: number): void {
    if (this.#spans[key.member * 2] !== -1) this.#refuse(`the key "${key.text}" comes twice`, at)
    this.#member = key.member
    this.#inside = key.inside
  }

  #carryKey(bytes: Buffer): void {
    if (this.#containers[this.#depth] === 0 || this.#carriedKey.length > longestSpelling) return
    const from = Math.max(0, this.#stringStart - this.#base)
    this.#carriedKey += bytes.toString('latin1', from, from + longestSpelling)
  }

  #numberEnd(bytes: Buffer, from: number, end: number): number {
    let at = from
    let number = this.#number
    for (; at < end; at++) {
      const next = numberStep(number, bytes[at] ?? 0)
      if (next < 0) break
      number = next
    }
    this.#number = number
    if (at < end) this.#endNumber(this.#base + at)
    return at
  }

  #endNumber(end: number): void {
    if (!isWholeNumber(this.#number))
      this.#refuse('a number that is not complete', end - this.#base)
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
