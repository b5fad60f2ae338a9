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
  /** The only value of a header; several are joined by ", ". */
  get(name: string): string | undefined
}

/** Why a response could not be trusted. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
}

const statusLine = /^HTTP\/1\.([01]) (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/
// Names are tokens with no space before the colon; values hold no control characters; no folded lines.
const headerLines = /^(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*$/

/** Reads the head of a response, without its closing blank line; refuses what has two readings. */
export function parseHead(text: string): ResponseHead {
  const lineEnd = text.indexOf('\r\n')
  const firstLine = lineEnd === -1 ? text : text.slice(0, lineEnd)
  const lines = lineEnd === -1 ? '' : text.slice(lineEnd)
  const match = statusLine.exec(firstLine)
  if (!match)
    throw new HttpError(`a malformed status line ${JSON.stringify(firstLine.slice(0, 80))}`)
  if (!headerLines.test(lines)) throw new HttpError('a malformed header line')
  const status = Number(match[2])
  const get = (name: string) => header(lines, name)
  const connection = get('connection')?.toLowerCase() ?? ''
  return {
    status,
    framing: framingOf(status, get('content-length'), get('transfer-encoding')),
    keepAlive: match[1] === '1' && !connection.includes('close'),
    keepAliveMs: timeoutHint(get('keep-alive')),
    contentType: get('content-type')?.toLowerCase() ?? '',
    get,
  }
}

function header(lines: string, name: string): string | undefined {
  let found: string | undefined
  let at = 0
  // Each header begins after CR LF; names compare without case.
  while (at < lines.length) {
    const start = at + 2
    let end = lines.indexOf('\r\n', start)
    if (end === -1) end = lines.length
    if (
      lines.charCodeAt(start + name.length) === 0x3a &&
      (lines.charCodeAt(start) | 0x20) === (name.charCodeAt(0) | 0x20) &&
      lines.slice(start, start + name.length).toLowerCase() === name
    ) {
      const value = lines.slice(start + name.length + 1, end).trim()
      found = found === undefined ? value : `${found}, ${value}`
    }
    at = end
  }
  return found
}

function framingOf(
  status: number,
  length: string | undefined,
  encoding: string | undefined,
): Framing {
  if (status < 200 || status === 204 || status === 304) return { kind: 'length', bytes: 0 }
  if (encoding !== undefined) {
    if (length !== undefined) throw new HttpError('both Content-Length and Transfer-Encoding')
    if (encoding.toLowerCase() !== 'chunked')
      throw new HttpError(`the transfer encoding "${encoding}"`)
    return { kind: 'chunked' }
  }
  if (length === undefined) return { kind: 'close' }
  if (!/^\d{1,15}$/.test(length)) throw new HttpError(`the content length "${length}"`)
  return { kind: 'length', bytes: Number(length) }
}

function timeoutHint(value: string | undefined): number | undefined {
  const seconds = value === undefined ? undefined : /timeout=(\d{1,6})/.exec(value)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}
