import { isUtf8 } from 'node:buffer'

/** The part of a chunked text between two offsets; only what lies over a border is copied. */
export function sliceChunks(chunks: readonly Buffer[], start: number, end: number): Buffer {
  const pieces: Buffer[] = []
  let base = 0
  for (const chunk of chunks) {
    const from = Math.max(start - base, 0)
    const to = Math.min(end - base, chunk.length)
    if (from < to) pieces.push(chunk.subarray(from, to))
    base += chunk.length
    if (base >= end) break
  }
  const [first] = pieces
  return first && pieces.length === 1 ? first : Buffer.concat(pieces)
}

export function chunksInclude(chunks: readonly Buffer[], text: string): boolean {
  // What a match may have begun in: the end of all that came, also where chunks are shorter than the text.
  let tail = Buffer.alloc(0)
  for (const chunk of chunks) {
    if (chunk.includes(text)) return true
    const border = Buffer.concat([tail, chunk.subarray(0, text.length)])
    if (border.includes(text)) return true
    const end = chunk.length < text.length ? border : chunk
    tail = Buffer.from(end.subarray(Math.max(0, end.length - text.length)))
  }
  return false
}

/** Whether chunks together are UTF-8, wherever they are cut. */
export function areUtf8(chunks: readonly Buffer[]): boolean {
  let carried = Buffer.alloc(0)
  for (const chunk of chunks) {
    const joined = carried.length === 0 ? chunk : Buffer.concat([carried, chunk.subarray(0, 4)])
    if (carried.length > 0) {
      const length = sequenceLength(joined[0] ?? 0)
      if (joined.length < length) {
        carried = Buffer.from(joined)
        continue
      }
      if (!isUtf8(joined.subarray(0, length))) return false
    }
    const from = carried.length === 0 ? 0 : sequenceLength(joined[0] ?? 0) - carried.length
    const cut = completeEnd(chunk)
    if (cut > from && !isUtf8(chunk.subarray(from, cut))) return false
    carried = Buffer.from(chunk.subarray(Math.max(cut, from)))
  }
  return carried.length === 0
}

function sequenceLength(first: number): number {
  return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
}

/** Where the last whole character of a chunk ends. */
function completeEnd(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back++) {
    const byte = chunk[chunk.length - back] ?? 0
    if (byte < 0x80) return chunk.length
    if (byte >= 0xc0) return sequenceLength(byte) > back ? chunk.length - back : chunk.length
  }
  return chunk.length
}
