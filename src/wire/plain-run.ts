const quote = 0x22
const backslash = 0x5c
/** Below this a byte loop is faster than asking for a native search. */
const shortRun = 128

/** Finds where the plain part of JSON strings ends, remembering the next backslash of the chunk. */
export class PlainRun {
  #backslashAt = -1
  /** True once a byte above 0x7f was seen: the chunk's UTF-8 must then be checked. */
  sawNonAscii = false

  /** Forget the chunk that came before. */
  reset(): void {
    this.#backslashAt = -1
  }

  /** The index of the first quote, backslash or control character at or after `from`; `end` when there is none. */
  endOf(bytes: Buffer, from: number, end: number): number {
    let at = from
    let seen = 0
    const near = Math.min(end, from + shortRun)
    while (at < near) {
      const byte = bytes[at] ?? 0
      if (byte === quote || byte === backslash || byte < 0x20) break
      seen |= byte
      at++
    }
    if (seen > 0x7f) this.sawNonAscii = true
    if (at < near || at === end) return at
    return this.#farEnd(bytes, at, end)
  }

  #farEnd(bytes: Buffer, from: number, end: number): number {
    let stop = bytes.indexOf(quote, from)
    if (stop === -1 || stop > end) stop = end
    if (this.#backslashAt < from) {
      const next = bytes.indexOf(backslash, from)
      this.#backslashAt = next === -1 ? Number.MAX_SAFE_INTEGER : next
    }
    if (this.#backslashAt < stop) stop = this.#backslashAt
    return this.#firstControl(bytes, from, stop)
  }

  /** Looks for control characters sixteen bytes at a time. */
  #firstControl(bytes: Buffer, from: number, end: number): number {
    let at = from
    const aligned = Math.min(end, from + ((4 - ((bytes.byteOffset + from) & 3)) & 3))
    let seen = 0
    for (; at < aligned; at++) {
      const byte = bytes[at] ?? 0
      if (byte < 0x20) return at
      seen |= byte
    }
    const words = (end - at) >> 2
    if (words > 0) {
      const view = new Int32Array(bytes.buffer, bytes.byteOffset + at, words)
      let word = 0
      for (const last = words & ~3; word < last; word += 4) {
        const one = view[word] ?? 0
        const two = view[word + 1] ?? 0
        const three = view[word + 2] ?? 0
        const four = view[word + 3] ?? 0
        if (((below(one) | below(two) | below(three) | below(four)) & highBits) !== 0) break
        seen |= one | two | three | four
      }
      at += word * 4
    }
    if ((seen & highBits) !== 0) this.sawNonAscii = true
    for (; at < end; at++) {
      const byte = bytes[at] ?? 0
      if (byte < 0x20) return at
      if (byte > 0x7f) this.sawNonAscii = true
    }
    return at
  }
}

const highBits = 0x80808080

/** A word whose high bits are set where a byte is below 0x20: the borrow reaches no other high bit first. */
function below(word: number): number {
  return (word - 0x20202020) & ~word
}
