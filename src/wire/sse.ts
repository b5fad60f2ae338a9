import { createMarkFilter, createPieces } from './ndjson-pieces.ts'
import { createSseFields } from './sse-fields.ts'
import type { SseEvent } from './sse-fields.ts'

export type { SseEvent } from './sse-fields.ts'

export interface SseParserOptions {
  /** How long one event may be, all its lines together; comments do not count. */
  readonly limitBytes: number
  /** One event; it is also told when it carries no data but an id or a retry time. */
  readonly onEvent: (event: SseEvent) => void
  /** An event over the limit: told once, when the limit is passed; its rest is skipped. */
  readonly onOversize: () => void
}

export interface SseParser {
  readonly push: (chunk: Buffer) => void
  /** The stream is over: an event without its blank line is dropped, as the standard says. */
  readonly end: () => void
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const colon = 0x3a
const head = 'event: message\ndata: '
const tail = '\n\n'
const headBytes = Buffer.from(head)
const tailBytes = Buffer.from(tail)

type Skipping = 'nothing' | 'comment' | 'event'

/** Reads `text/event-stream` from bytes, however they are split. */
export function createSseParser({ limitBytes, onEvent, onOversize }: SseParserOptions): SseParser {
  const mark = createMarkFilter()
  const partial = createPieces()
  const fields = createSseFields()
  let skipping: Skipping = 'nothing'
  let isLineBegun = false

  function exceeds(piece: Buffer): boolean {
    if (fields.lengthBytes + partial.lengthBytes + piece.length <= limitBytes) return false
    partial.clear()
    fields.clear()
    skipping = 'event'
    onOversize()
    return true
  }

  function keep(piece: Buffer): void {
    if (skipping === 'nothing' && !isLineBegun && piece[0] === colon) skipping = 'comment'
    isLineBegun = true
    if (skipping !== 'nothing' || exceeds(piece)) return
    partial.add(piece)
  }

  function finishLine(piece: Buffer): void {
    const isBlank = !isLineBegun && piece.length === 0
    const isWhole = !isLineBegun
    isLineBegun = false
    if (skipping === 'comment') skipping = 'nothing'
    else if (skipping === 'event') skipping = isBlank ? 'nothing' : 'event'
    else if (isBlank) dispatch()
    else if (isWhole && piece[0] === colon) return
    else if (!exceeds(piece)) finishField(piece)
  }

  function finishField(piece: Buffer): void {
    if (partial.lengthBytes === 0) return fields.apply(piece)
    partial.add(piece)
    fields.apply(partial.take())
  }

  function dispatch(): void {
    const event = fields.take()
    if (event) onEvent(event)
  }

  const cut = createLineCutter(finishLine, keep)

  return {
    push: (chunk) => cut(mark.pass(chunk)),
    end() {
      partial.clear()
      fields.clear()
    },
  }
}

export interface SseEventOptions {
  readonly id?: string
  readonly retryMs?: number
}

/** Cuts at LF, CR and CRLF; a CR ends its line at once, and an LF that follows it later is part of that end. */
function createLineCutter(
  onLineEnd: (piece: Buffer) => void,
  onPart: (piece: Buffer) => void,
): (chunk: Buffer) => void {
  let endedWithReturn = false

  return (chunk) => {
    if (chunk.length === 0) return
    let from = endedWithReturn && chunk[0] === lineFeed ? 1 : 0
    endedWithReturn = false
    let feed = chunk.indexOf(lineFeed, from)
    let back = chunk.indexOf(carriageReturn, from)
    while (feed >= 0 || back >= 0) {
      const end = feed < 0 || (back >= 0 && back < feed) ? back : feed
      onLineEnd(chunk.subarray(from, end))
      from = end + 1
      if (end === back) {
        if (chunk[from] === lineFeed) from += 1
        else endedWithReturn = from === chunk.length
      }
      if (feed >= 0 && feed < from) feed = chunk.indexOf(lineFeed, from)
      if (back >= 0 && back < from) back = chunk.indexOf(carriageReturn, from)
    }
    if (from < chunk.length) onPart(from === 0 ? chunk : chunk.subarray(from))
  }
}

/**
 * One message event around one JSON text. Raw line ends can only be white space in JSON, so they
 * become spaces: a payload can never begin a field of its own.
 */
export function sseEvent(json: string, options?: SseEventOptions): string
export function sseEvent(json: Buffer, options?: SseEventOptions): Buffer
export function sseEvent(json: string | Buffer, options?: SseEventOptions): string | Buffer {
  return typeof json === 'string'
    ? fieldsOf(options) + head + json.replaceAll(/[\n\r]/g, ' ') + tail
    : Buffer.concat(sseEventParts(json, options))
}

/** The same event in pieces to be written one after the other, so that a large payload is not copied. */
export function sseEventParts(json: Buffer, options?: SseEventOptions): readonly Buffer[] {
  const before = options ? Buffer.from(fieldsOf(options) + head) : headBytes
  return [before, inOneLine(json), tailBytes]
}

/** A line that keeps the connection alive and that readers skip. */
export function sseComment(text: string): string {
  return `: ${text.replaceAll(/[\n\r]/g, ' ')}\n\n`
}

function fieldsOf({ id, retryMs }: SseEventOptions = {}): string {
  const idField = id === undefined ? '' : `id: ${id.replaceAll(/[\n\r\0]/g, '')}\n`
  return idField + (retryMs === undefined ? '' : `retry: ${Math.round(retryMs)}\n`)
}

function inOneLine(json: Buffer): Buffer {
  if (!json.includes(lineFeed) && !json.includes(carriageReturn)) return json
  const line = Buffer.from(json)
  for (const end of [lineFeed, carriageReturn]) {
    for (let at = line.indexOf(end); at >= 0; at = line.indexOf(end, at + 1)) line[at] = space
  }
  return line
}
