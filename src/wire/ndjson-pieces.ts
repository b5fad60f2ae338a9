/** Bytes that came in pieces, joined once when they are taken. */
export interface Pieces {
  readonly lengthBytes: number
  add(piece: Buffer): void
  /** The first bytes, at most `limitBytes` of them. */
  head(limitBytes: number): Buffer
  /** All bytes in one buffer; nothing is left afterwards. */
  take(): Buffer
  clear(): void
}

/** Joining this many at a time keeps a peer that sends single bytes from costing an object for each. */
const joinAfter = 1024

export function createPieces(): Pieces {
  let pieces: Buffer[] = []
  let joined = 0
  let lengthBytes = 0

  function clear(): void {
    pieces = []
    joined = 0
    lengthBytes = 0
  }

  return {
    get lengthBytes() {
      return lengthBytes
    },
    add(piece) {
      if (piece.length === 0) return
      pieces.push(piece)
      lengthBytes += piece.length
      if (pieces.length - joined < joinAfter) return
      const tail = Buffer.concat(pieces.slice(joined))
      pieces.length = joined
      pieces.push(tail)
      joined += 1
    },
    head(limitBytes) {
      const first: Buffer[] = []
      let wanted = limitBytes
      for (const piece of pieces) {
        if (wanted <= 0) break
        first.push(piece.subarray(0, wanted))
        wanted -= piece.length
      }
      return Buffer.concat(first)
    },
    take() {
      const [only] = pieces
      const whole = only && pieces.length === 1 ? only : Buffer.concat(pieces, lengthBytes)
      clear()
      return whole
    },
    clear,
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** Drops a byte order mark at the start of a stream, also one that arrives byte by byte. */
export function createMarkFilter(): { pass(chunk: Buffer): Buffer; rest(): Buffer } {
  let matched = 0

  return {
    pass(chunk) {
      if (matched === byteOrderMark.length) return chunk
      const held = matched
      let at = 0
      while (
        matched < byteOrderMark.length &&
        at < chunk.length &&
        chunk[at] === byteOrderMark[matched]
      ) {
        at += 1
        matched += 1
      }
      if (matched === byteOrderMark.length || at === chunk.length) return chunk.subarray(at)
      matched = byteOrderMark.length
      return held === 0 ? chunk : Buffer.concat([byteOrderMark.subarray(0, held), chunk])
    },
    /** What was held back because it might have become a mark. */
    rest: () => byteOrderMark.subarray(0, matched % byteOrderMark.length),
  }
}
