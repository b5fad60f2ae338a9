import { createMarkFilter, createPieces } from './ndjson-pieces.ts'

export interface LineFramerOptions {
  readonly limitBytes: number
  /** One line without its end; it may be a view into a chunk, so it must not be changed. */
  readonly onLine: (line: Buffer) => void
  /** A line over the limit, told once at its end: its first 4 KB and how long it was. */
  readonly onOversize: (head: Buffer, lengthBytes: number) => void
}

export interface LineFramer {
  readonly push: (chunk: Buffer) => void
  /** The stream is over: what is left without a newline counts as the last line. */
  readonly end: () => void
}

const newline = 0x0a
const carriageReturn = 0x0d
const headBytes = 4096

/** Cuts a byte stream into lines, in time that depends on its length and not on how it is split. */
export function createLineFramer(options: LineFramerOptions): LineFramer {
  const { limitBytes, onLine, onOversize } = options
  const mark = createMarkFilter()
  const pending = createPieces()
  let skipped: SkippedLine | undefined

  function finish(line: Buffer): void {
    const length = lengthWithoutReturn(line)
    if (length === 0) return
    if (length > limitBytes) onOversize(line.subarray(0, Math.min(headBytes, length)), length)
    else onLine(length === line.length ? line : line.subarray(0, length))
  }

  function keep(piece: Buffer): void {
    if (skipped) return skipped.add(piece)
    pending.add(piece)
    // One byte more than the limit may still be the carriage return before the newline.
    if (pending.lengthBytes <= limitBytes + 1) return
    skipped = skipLine(pending.head(headBytes), pending.lengthBytes, lastByte(piece))
    pending.clear()
  }

  function finishKept(): void {
    if (!skipped) return finish(pending.take())
    const { head, lengthBytes } = skipped.result()
    skipped = undefined
    onOversize(head, lengthBytes)
  }

  function push(chunk: Buffer): void {
    let from = 0
    let at = chunk.indexOf(newline)
    if (at >= 0 && (skipped || pending.lengthBytes > 0)) {
      keep(chunk.subarray(0, at))
      finishKept()
      from = at + 1
      at = chunk.indexOf(newline, from)
    }
    while (at >= 0) {
      finish(chunk.subarray(from, at))
      from = at + 1
      at = chunk.indexOf(newline, from)
    }
    if (from < chunk.length) keep(from === 0 ? chunk : chunk.subarray(from))
  }

  return {
    push: (chunk) => push(mark.pass(chunk)),
    end() {
      keep(mark.rest())
      finishKept()
    },
  }
}

interface SkippedLine {
  add(piece: Buffer): void
  result(): { readonly head: Buffer; readonly lengthBytes: number }
}

/** Follows a line that is too long without holding more of it than its head. */
function skipLine(start: Buffer, startBytes: number, startLast: number | undefined): SkippedLine {
  const head = createPieces()
  head.add(start)
  let lengthBytes = startBytes
  let last = startLast

  return {
    add(piece) {
      if (piece.length === 0) return
      lengthBytes += piece.length
      last = lastByte(piece)
      if (head.lengthBytes < headBytes) head.add(piece.subarray(0, headBytes - head.lengthBytes))
    },
    result() {
      const length = last === carriageReturn ? lengthBytes - 1 : lengthBytes
      return { head: head.head(Math.min(headBytes, length)), lengthBytes: length }
    },
  }
}

function lengthWithoutReturn(line: Buffer): number {
  return line[line.length - 1] === carriageReturn ? line.length - 1 : line.length
}

function lastByte(bytes: Buffer): number | undefined {
  return bytes[bytes.length - 1]
}
