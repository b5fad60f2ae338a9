import type { ByteText } from '../../wire/bytes.ts'
import { fromUtf8, toUtf8 } from '../../wire/bytes.ts'

const sentinelStart = '=?base64?'
const sentinelEnd = '?='

/** A value for an `Mcp-*` header: as it is when it is plain visible ASCII, else in the base64 sentinel. */
export function toHeaderValue(text: string): ByteText {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !isSentinel(text)
  return isPlain ? text : `${sentinelStart}${btoa(toUtf8(text))}${sentinelEnd}`
}

/** The text a header value stands for; undefined when the sentinel holds no base64 of UTF-8. */
export function fromHeaderValue(value: string): string | undefined {
  const trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '')
  if (!isSentinel(trimmed)) return trimmed
  const encoded = trimmed.slice(sentinelStart.length, -sentinelEnd.length)
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return undefined
  const bytes = atob(encoded)
  const text = fromUtf8(bytes)
  // What is no UTF-8 does not come back as it was.
  return toUtf8(text) === bytes ? text : undefined
}

function isSentinel(text: string): boolean {
  return (
    text.length >= sentinelStart.length + sentinelEnd.length &&
    text.slice(0, sentinelStart.length).toLowerCase() === sentinelStart &&
    text.endsWith(sentinelEnd)
  )
}
