import { createScanner, findNodeAtLocation, parseTree } from 'jsonc-parser'
import type { Node } from 'jsonc-parser'

import type { KeyPath } from '../../contract/config/problem.ts'

/**
 * Gives the object at `path` a property. Every other byte stays: comments, order and line breaks
 * of the neighbours are not touched. (The `modify` of jsonc-parser moves comments between entries.)
 */
export function setProperty(text: string, path: KeyPath, [key, value]: [string, unknown]): string {
  const object = objectAt(text, path)
  const style = styleOf(text, object)
  const existing = findNodeAtLocation(object, [key])
  if (existing) {
    const written = printJson(value, { ...style, indent: indentAt(text, existing.offset) })
    return splice(text, existing.offset, existing.length, written)
  }
  const property = `${JSON.stringify(key)}: ${printJson(value, style)}`
  const last = object.children?.at(-1)
  if (!last) return insertFirst(text, object, property, style)
  return insertAfter(text, { last, property, style, close: endOf(object) - 1 })
}

/** Takes a property away, with its comma and a comment behind it on the same line. */
export function removeProperty(text: string, path: KeyPath, key: string): string {
  const object = objectAt(text, path)
  const properties = object.children ?? []
  const index = properties.findIndex((property) => property.children?.[0]?.value === key)
  const property = properties[index]
  if (!property) return text
  const comma = commaAfter(text, endOf(property))
  const end = comma === undefined ? endOf(property) : comma + 1
  const without = removeWithLine(text, property.offset, end)
  const previous = properties[index - 1]
  if (comma !== undefined || !previous) return without
  const left = commaAfter(text, endOf(previous))
  return left === undefined ? without : splice(without, left, 1, '')
}

interface Style {
  readonly eol: string
  readonly unit: string
  /** The indentation of a property of the object. */
  readonly indent: string
  readonly isOneLine: boolean
}

interface Insertion {
  readonly last: Node
  readonly property: string
  readonly style: Style
  readonly close: number
}

function insertAfter(text: string, { last, property, style, close }: Insertion): string {
  const comma = commaAfter(text, endOf(last))
  const trailing = comma === undefined ? '' : ','
  if (style.isOneLine) {
    return comma === undefined
      ? splice(text, endOf(last), 0, `, ${property}`)
      : splice(text, comma + 1, 0, ` ${property},`)
  }
  const lineEnd = endOfLine(text, comma === undefined ? endOf(last) : comma + 1, close)
  const added = splice(text, lineEnd, 0, `${style.eol}${style.indent}${property}${trailing}`)
  return comma === undefined ? splice(added, endOf(last), 0, ',') : added
}

function insertFirst(text: string, object: Node, property: string, style: Style): string {
  const open = object.offset + 1
  const close = endOf(object) - 1
  const inside = text.slice(open, close).trimEnd()
  const outer = indentAt(text, object.offset)
  const content = `${inside}${style.eol}${style.indent}${property}${style.eol}${outer}`
  return splice(text, open, close - open, content)
}

/** Removes a range, and the whole line when nothing but a comment would be left of it. */
function removeWithLine(text: string, start: number, end: number): string {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const rest = /^[ \t]*(?:\/\/[^\r\n]*|\/\*(?:(?!\*\/)[^\r\n])*\*\/[ \t]*)?(?:\r?\n|$)/.exec(
    text.slice(end),
  )
  if (rest && text.slice(lineStart, start).trim() === '') {
    return splice(text, lineStart, end + rest[0].length - lineStart, '')
  }
  const space = /^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0
  return splice(text, start, end + space - start, '')
}

function objectAt(text: string, path: KeyPath): Node {
  const root = parseTree(text, [], { allowTrailingComma: true })
  const node = root && (path.length === 0 ? root : findNodeAtLocation(root, [...path]))
  if (node?.type !== 'object') throw new TypeError(`no object at ${JSON.stringify(path)}`)
  return node
}

function styleOf(text: string, object: Node): Style {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const first = object.children?.[0]
  const outer = indentAt(text, object.offset)
  const unit = /\n([ \t]+)\S/.exec(text)?.[1] ?? '  '
  if (!first) return { eol, unit, indent: outer + unit, isOneLine: false }
  const isOneLine = !text.slice(object.offset, first.offset).includes('\n')
  return { eol, unit, indent: isOneLine ? outer : indentAt(text, first.offset), isOneLine }
}

/** The white space at the beginning of the line that holds an offset. */
function indentAt(text: string, offset: number): string {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  return /^[ \t]*/.exec(text.slice(lineStart, offset))?.[0] ?? ''
}

function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true)
  scanner.setPosition(offset)
  scanner.scan()
  const found = scanner.getTokenOffset()
  return text[found] === ',' ? found : undefined
}

/** Where the line ends, comments on it included, but no further than `limit`. */
function endOfLine(text: string, offset: number, limit: number): number {
  const rest = /^(?:[ \t]*(?:\/\*[^]*?\*\/|\/\/[^\r\n]*))*/.exec(text.slice(offset, limit))
  return offset + (rest?.[0].length ?? 0)
}

function endOf(node: Node): number {
  return node.offset + node.length
}

function splice(text: string, offset: number, length: number, content: string): string {
  return text.slice(0, offset) + content + text.slice(offset + length)
}

/** Objects over several lines, lists of plain values on one: as people write such files. */
function printJson(value: unknown, style: Style): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`
  const entries = Object.entries(value)
  if (entries.length === 0) return '{}'
  const inner = { ...style, indent: style.indent + style.unit }
  const printed = entries.map(([key, item]) => `${JSON.stringify(key)}: ${printJson(item, inner)}`)
  if (style.isOneLine) return `{ ${printed.join(', ')} }`
  const lines = printed.map((line) => `${style.eol}${inner.indent}${line}`)
  return `{${lines.join(',')}${style.eol}${style.indent}}`
}
