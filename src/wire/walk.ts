import type { ByteText, Edit } from './bytes.ts'

/** One member of an object, or one element of an array, by where it lies. */
export interface Part {
  /** The key as it is spelled, without quotes; empty for array elements. */
  readonly key: ByteText
  readonly keyStart: number
  readonly start: number
  readonly end: number
}

/** The direct members of the object, or elements of the array, that begins at `start`. The bytes were scanned before. */
export function partsOf(bytes: Buffer, start = 0): readonly Part[] {
  const isObject = bytes[start] === 0x7b
  if (!isObject && bytes[start] !== 0x5b) return []
  const parts: Part[] = []
  let at = skipSpace(bytes, start + 1)
  while (bytes[at] !== 0x7d && bytes[at] !== 0x5d) {
    const keyStart = at
    let key = ''
    if (isObject) {
      const keyEnd = stringEnd(bytes, at)
      key = bytes.toString('latin1', at + 1, keyEnd - 1)
      at = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1)
    }
    const end = valueEnd(bytes, at)
    parts.push({ key, keyStart, start: at, end })
    at = skipSpace(bytes, end)
    if (bytes[at] === 0x2c) at = skipSpace(bytes, at + 1)
  }
  return parts
}

/** The direct member of that name. */
export function partNamed(bytes: Buffer, key: ByteText, start = 0): Part | undefined {
  return partsOf(bytes, start).find((part) => part.key === key)
}

/** Cuts members out of the object at `start`, with the commas that belong to them. */
export function without(
  bytes: Buffer,
  start: number,
  isDropped: (key: ByteText) => boolean,
): readonly Edit[] {
  const parts = partsOf(bytes, start)
  const firstKept = parts.findIndex((part) => !isDropped(part.key))
  const first = parts[firstKept]
  if (!first)
    return parts.length === 0
      ? []
      : [{ start: start + 1, end: parts.at(-1)?.end ?? start + 1, text: '' }]
  const edits: Edit[] = firstKept === 0 ? [] : [{ start: start + 1, end: first.keyStart, text: '' }]
  let previousEnd = first.end
  for (const part of parts.slice(firstKept + 1)) {
    if (isDropped(part.key)) edits.push({ start: previousEnd, end: part.end, text: '' })
    previousEnd = part.end
  }
  return edits
}

/** Where the value that begins at `start` ends. */
export function valueEnd(bytes: Buffer, start: number): number {
  const first = bytes[start]
  if (first === 0x22) return stringEnd(bytes, start)
  if (first !== 0x7b && first !== 0x5b) return wordEnd(bytes, start)
  let depth = 0
  let at = start
  for (;;) {
    const byte = bytes[at]
    if (byte === 0x22) {
      at = stringEnd(bytes, at)
      continue
    }
    if (byte === 0x7b || byte === 0x5b) depth++
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return at + 1
    else if (byte === undefined) return at
    at++
  }
}

function stringEnd(bytes: Buffer, start: number): number {
  let at = start + 1
  for (;;) {
    const quote = bytes.indexOf(0x22, at)
    if (quote === -1) return bytes.length
    let before = quote - 1
    while (bytes[before] === 0x5c) before--
    if ((quote - before) % 2 === 1) return quote + 1
    at = quote + 1
  }
}

function wordEnd(bytes: Buffer, start: number): number {
  let at = start
  for (; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === 0x2c || byte === 0x7d || byte === 0x5d || byte <= 0x20) break
  }
  return at
}

function skipSpace(bytes: Buffer, start: number): number {
  let at = start
  for (;;) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at++
  }
}
