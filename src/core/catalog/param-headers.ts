import type { ByteText, Edit } from '../../wire/bytes.ts'
import { splice, toBuffer } from '../../wire/bytes.ts'
import { decodeString } from '../../wire/message.ts'
import type { Part } from '../../wire/walk.ts'
import { partNamed, partsOf } from '../../wire/walk.ts'
import { fromHeaderValue, toHeaderValue } from '../eras/header-value.ts'

const annotation = 'x-mcp-header'
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** An argument that is mirrored in a header. */
export interface ParamHeader {
  readonly header: string
  readonly path: readonly ByteText[]
}

export function hasParamHeaders(tool: Buffer): boolean {
  return tool.includes(annotation)
}

/** The valid annotations of a tool; invalid ones are as if they were not there. */
export function paramHeadersOf(tool: Buffer): readonly ParamHeader[] {
  return findAnnotations(tool).flatMap(({ header, path, isValid }) =>
    isValid ? [{ header, path }] : [],
  )
}

/** Invalid annotations would make clients drop the tool: better without them. */
export function withoutBadParamHeaders(tool: Buffer): Buffer {
  const edits = findAnnotations(tool)
    .filter(({ isValid }) => !isValid)
    .map(({ cut }) => cut)
    .toSorted((a, b) => a.start - b.start)
  return edits.length === 0 ? tool : toBuffer(splice(tool, edits))
}

/** The header lines for these arguments; an argument that is absent or null has none. */
export function paramHeaderLines(
  rules: readonly ParamHeader[],
  params: Buffer | undefined,
): ByteText {
  let lines = ''
  for (const { header, path } of rules) {
    const text = argumentText(params, path)
    if (text !== undefined) lines += `Mcp-Param-${header}: ${toHeaderValue(text)}\r\n`
  }
  return lines
}

/** The name of the first header that does not say what the arguments say. */
export function mismatchedParamHeader(
  rules: readonly ParamHeader[],
  params: Buffer | undefined,
  headerOf: (name: string) => string | undefined,
): string | undefined {
  for (const { header, path } of rules) {
    const expected = argumentText(params, path)
    const sent = headerOf(`mcp-param-${header.toLowerCase()}`)
    if (expected === undefined ? sent !== undefined : !isSame(expected, sent))
      return `Mcp-Param-${header}`
  }
  return undefined
}

function isSame(expected: string, sent: string | undefined): boolean {
  if (sent === undefined) return false
  const decoded = fromHeaderValue(sent)
  return (
    decoded === expected ||
    (decoded !== undefined && plainNumber.test(decoded) && sameNumber(decoded, expected))
  )
}

const plainNumber = /^-?\d+(?:\.\d+)?$/

/** Other spellings of a number count as long as JavaScript holds it exactly. */
function sameNumber(decoded: string, expected: string): boolean {
  const number = Number(decoded)
  return (
    plainNumber.test(expected) &&
    number === Number(expected) &&
    Math.abs(number) <= Number.MAX_SAFE_INTEGER
  )
}

function argumentText(args: Buffer | undefined, path: readonly ByteText[]): string | undefined {
  let part: Part | undefined
  let at = 0
  for (const key of path) {
    if (args?.[at] !== 0x7b) return undefined
    part = partNamed(args, key, at)
    if (!part) return undefined
    at = part.start
  }
  if (!args || !part) return undefined
  const raw = args.toString('latin1', part.start, part.end)
  return raw === 'null' ? undefined : raw.startsWith('"') ? decodeString(raw) : raw
}

interface Annotation extends ParamHeader {
  readonly isValid: boolean
  readonly cut: Edit
}

function findAnnotations(tool: Buffer): readonly Annotation[] {
  const schema = partNamed(tool, 'inputSchema')
  const found: Annotation[] = []
  if (schema) collect(tool, schema.start, { path: [], isPure: true }, found)
  const seen = new Set<string>()
  return found.map((one) => {
    const key = one.header.toLowerCase()
    const isValid = one.isValid && !seen.has(key)
    seen.add(key)
    return { ...one, isValid }
  })
}

interface Place {
  readonly path: readonly ByteText[]
  /** Reached from the root by `properties` alone. */
  readonly isPure: boolean
}

function collect(bytes: Buffer, start: number, place: Place, found: Annotation[]): void {
  const parts = partsOf(bytes, start)
  for (const part of parts) {
    if (part.key === annotation) found.push(annotationAt(bytes, part, parts, place))
    else if (part.key === 'properties') {
      for (const property of partsOf(bytes, part.start)) {
        collect(bytes, property.start, { ...place, path: [...place.path, property.key] }, found)
      }
    } else collect(bytes, part.start, { ...place, isPure: false }, found)
  }
}

function annotationAt(bytes: Buffer, part: Part, parts: readonly Part[], place: Place): Annotation {
  const index = parts.indexOf(part)
  const raw = bytes.toString('latin1', part.start, part.end)
  const header = raw.startsWith('"') ? decodeString(raw) : ''
  const type = parts.find(({ key }) => key === 'type')
  const typeText = type && bytes.toString('latin1', type.start, type.end)
  const previous = parts[index - 1]
  return {
    header,
    path: place.path,
    isValid:
      place.isPure &&
      place.path.length > 0 &&
      token.test(header) &&
      (typeText === '"string"' || typeText === '"integer"' || typeText === '"boolean"'),
    cut: previous
      ? { start: previous.end, end: part.end, text: '' }
      : { start: part.keyStart, end: parts[index + 1]?.keyStart ?? part.end, text: '' },
  }
}
