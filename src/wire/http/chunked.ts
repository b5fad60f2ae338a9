import { HttpError, isHeaderLine } from './head.ts'

const SIZE = 0
const SIZE_LF = 1
const DATA = 2
const DATA_CR = 3
const DATA_LF = 4
const TRAILER = 5
const TRAILER_LF = 6
const END = 7

/** A size, and extensions that are names with tokens or quoted strings. */
const sizeLine =
  /^([0-9a-fA-F]{1,8})(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"[\t !#-[\]-~]*"))?)*$/

/** What would frame the message anew after it was framed. */
const framingField = /^(?:content-length|transfer-encoding):/i

/** Chunk extensions and trailers say nothing we need; a long one is an attack. */
const lineLimitBytes = 4096

/** Takes chunked framing off a body; strict about every byte of it. */
export class ChunkedDecoder {
  #state = SIZE
  #line = ''
  #left = 0
  #trailerBytes = 0

  get isDone(): boolean {
    return this.#state === END
  }

  /** Passes the data in `bytes` on; returns how many bytes belonged to the body. */
  push(bytes: Buffer, onData: (data: Buffer) => void): number {
    let at = 0
    while (at < bytes.length && this.#state !== END) {
      if (this.#state === DATA) {
        const take = Math.min(this.#left, bytes.length - at)
        onData(bytes.subarray(at, at + take))
        at += take
        this.#left -= take
        if (this.#left === 0) this.#state = DATA_CR
      } else this.#framing(bytes[at++] ?? 0)
    }
    return at
  }

  #framing(byte: number): void {
    switch (this.#state) {
      case SIZE:
        if (byte === 0x0d) this.#state = SIZE_LF
        else this.#append(byte)
        return
      case SIZE_LF:
        this.#expect(byte, 0x0a)
        this.#begin()
        return
      case DATA_CR:
        this.#expect(byte, 0x0d)
        this.#state = DATA_LF
        return
      case DATA_LF:
        this.#expect(byte, 0x0a)
        this.#state = SIZE
        return
      case TRAILER:
        if (++this.#trailerBytes > lineLimitBytes) throw new HttpError('trailers that are too long')
        if (byte === 0x0d) this.#state = TRAILER_LF
        else this.#append(byte)
        return
      case TRAILER_LF:
        this.#expect(byte, 0x0a)
        if (this.#line === '') this.#state = END
        else this.#endTrailer()
    }
  }

  #append(byte: number): void {
    if (byte === 0x0a || byte === 0) throw new HttpError('a bare line feed in chunked framing')
    this.#line += String.fromCharCode(byte)
    if (this.#line.length > lineLimitBytes) throw new HttpError('a chunk line that is too long')
  }

  #begin(): void {
    const size = sizeLine.exec(this.#line)?.[1]
    if (size === undefined)
      throw new HttpError(`the chunk size ${JSON.stringify(this.#line.slice(0, 40))}`)
    this.#line = ''
    this.#left = Number.parseInt(size, 16)
    this.#state = this.#left === 0 ? TRAILER : DATA
  }

  #endTrailer(): void {
    if (!isHeaderLine(this.#line) || framingField.test(this.#line))
      throw new HttpError(`the trailer ${JSON.stringify(this.#line.slice(0, 40))}`)
    this.#line = ''
    this.#state = TRAILER
  }

  #expect(byte: number, wanted: number): void {
    if (byte !== wanted) throw new HttpError('broken chunked framing')
  }
}
