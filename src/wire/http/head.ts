/** How the end of a response body is known. */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' }

export interface ResponseHead {
  readonly status: number
  readonly framing: Framing
  readonly keepAlive: boolean
  /** The server's `Keep-Alive: timeout`, in ms. */
  readonly keepAliveMs: number | undefined
  readonly contentType: string
  /** The value of a header, its name in lower case; several are joined by ", ". */
  get(name: string): string | undefined
}

/** Why a response could not be trusted. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/
// Names are tokens with no space before the colon; values hold no control characters; no folded lines.
const headerLines = /^(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*$/

/** Whether a line without its ending could stand in a head or a trailer. */
export function isHeaderLine(line: string): boolean {
  return headerLines.test(`\r\n${line}`)
}

/** Reads the head of a response, without its closing blank line; refuses what has two readings. */
export function parseHead(text: string): ResponseHead {
  const lineEnd = text.indexOf('\r\n')
  const firstLine = lineEnd === -1 ? text : text.slice(0, lineEnd)
  const match = statusLine.exec(firstLine)
  if (!match)
    throw new HttpError(`a malformed status line ${JSON.stringify(firstLine.slice(0, 80))}`)
  const lines = lineEnd === -1 ? '' : text.slice(lineEnd)
  if (!headerLines.test(lines)) throw new HttpError('a malformed header line')
  return new Head(Number(match[2]), match[1] === '1', lines)
}

/** The headers that framing and pooling need are found in one pass; others when they are asked for. */
class Head implements ResponseHead {
  readonly status: number
  readonly framing: Framing
  readonly keepAlive: boolean
  readonly keepAliveMs: number | undefined
  readonly contentType: string
  readonly #lines: string

  constructor(status: number, isOneOne: boolean, lines: string) {
    let length: string | undefined
    let encoding: string | undefined
    let connection = ''
    let keepAlive = ''
    let type = ''
    for (let at = 0; at < lines.length;) {
      const start = at + 2
      let end = lines.indexOf('\r\n', start)
      if (end === -1) end = lines.length
      switch (lines.indexOf(':', start) - start) {
        case 10:
          if (isNamed(lines, start, 'connection'))
            connection += `,${valueAt(lines, start, 10, end)}`
          else if (isNamed(lines, start, 'keep-alive')) keepAlive = valueAt(lines, start, 10, end)
          break
        case 12:
          if (isNamed(lines, start, 'content-type')) type = valueAt(lines, start, 12, end)
          break
        case 14:
          if (isNamed(lines, start, 'content-length'))
            length = joined(length, valueAt(lines, start, 14, end))
          break
        case 17:
          if (isNamed(lines, start, 'transfer-encoding'))
            encoding = joined(encoding, valueAt(lines, start, 17, end))
          break
        default:
      }
      at = end
    }
    this.status = status
    this.framing = framingOf(status, length, encoding)
    this.keepAlive = isOneOne && !(connection !== '' && connection.toLowerCase().includes('close'))
    this.keepAliveMs = timeoutHint(keepAlive)
    this.contentType = type.toLowerCase()
    this.#lines = lines
  }

  get(name: string): string | undefined {
    const lines = this.#lines
    let found: string | undefined
    for (let at = 0; at < lines.length;) {
      const start = at + 2
      let end = lines.indexOf('\r\n', start)
      if (end === -1) end = lines.length
      if (lines.charCodeAt(start + name.length) === 0x3a && isNamed(lines, start, name)) {
        found = joined(found, valueAt(lines, start, name.length, end))
      }
      at = end
    }
    return found
  }
}

/** Header names compare without case; `name` is in lower case. */
function isNamed(lines: string, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const code = lines.charCodeAt(start + index)
    const lower = code >= 0x41 && code <= 0x5a ? code | 0x20 : code
    if (lower !== name.charCodeAt(index)) return false
  }
  return true
}

/** Without the space around it: `trim` would also take characters that belong to the value. */
function valueAt(lines: string, start: number, nameLength: number, end: number): string {
  let from = start + nameLength + 1
  let to = end
  while (from < to && isBlank(lines.charCodeAt(from))) from++
  while (to > from && isBlank(lines.charCodeAt(to - 1))) to--
  return lines.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`
}

const noBody: Framing = { kind: 'length', bytes: 0 }
const chunked: Framing = { kind: 'chunked' }
const untilClose: Framing = { kind: 'close' }

function framingOf(
  status: number,
  length: string | undefined,
  encoding: string | undefined,
): Framing {
  if (encoding !== undefined && length !== undefined) {
    throw new HttpError('both Content-Length and Transfer-Encoding')
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length))
    throw new HttpError(`the content length "${length}"`)
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked')
    throw new HttpError(`the transfer encoding "${encoding}"`)
  if (status < 200 || status === 204 || status === 304) return noBody
  if (encoding !== undefined) return chunked
  return length === undefined ? untilClose : { kind: 'length', bytes: Number(length) }
}

function timeoutHint(value: string): number | undefined {
  const seconds = value === '' ? undefined : /timeout=(\d{1,6})/.exec(value)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}
