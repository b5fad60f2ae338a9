import type { Node } from 'jsonc-parser'
import { parseTree } from 'jsonc-parser'
import { withHiddenEscaped } from '../../../core/catalog/hidden-text.ts'

/** A value in a JSON text, with the text: numbers are what is written, not what JavaScript makes of it. */
export interface JsonValue {
  readonly node: Node
  readonly text: string
}

/** The value of a whole text that was read before; undefined where it has none. */
export function parseValue(text: string): JsonValue | undefined {
  const node = parseTree(text, [], { allowTrailingComma: true })
  return node && { node, text }
}

export interface JsonMember {
  readonly name: string
  readonly key: Node
  readonly value: JsonValue
}

/** The members of an object, in their order; of anything else none. */
export function membersIn({ node, text }: JsonValue): readonly JsonMember[] {
  if (node.type !== 'object') return []
  return (node.children ?? []).flatMap(({ children: [key, value] = [] }) =>
    key && value ? [{ name: String(key.value), key, value: { node: value, text } }] : [],
  )
}

export function memberOf(value: JsonValue, name: string): JsonValue | undefined {
  return membersIn(value).find((member) => member.name === name)?.value
}

/** A text that is one; anything else is undefined. */
export function stringIn(value: JsonValue | undefined): string | undefined {
  return value?.node.type === 'string' ? String(value.node.value) : undefined
}

/** The same value without comments, laid out for people; `indent` is that of the line it begins on. */
export function printValue({ node, text }: JsonValue, indent: string): string {
  const inner = `${indent}  `
  const children = node.children ?? []
  if (node.type === 'object') {
    const members = membersIn({ node, text }).map(
      ({ name, value }) => `${quote(name)}: ${printValue(value, inner)}`,
    )
    const line = `{ ${members.join(', ')} }`
    const isFlat = line.length <= shortLine && !/[{[\n]/.test(line.slice(1))
    return isFlat ? line : block(members, { open: '{', close: '}', indent })
  }
  if (node.type === 'array') {
    const items = children.map((child) => printValue({ node: child, text }, inner))
    const line = `[${items.join(', ')}]`
    const isShort = line.length <= shortLine && !line.includes('\n') && !line.includes('{')
    return isShort ? line : block(items, { open: '[', close: ']', indent })
  }
  if (node.type === 'string') return quote(String(node.value))
  return text.slice(node.offset, node.offset + node.length)
}

const shortLine = 80

/** An object or list over several lines. */
export function block(
  lines: readonly string[],
  {
    open,
    close,
    indent,
  }: { readonly open: string; readonly close: string; readonly indent: string },
): string {
  if (lines.length === 0) return `${open}${close}`
  const inner = lines.map((line) => `\n${indent}  ${line}`).join(',')
  return `${open}${inner}\n${indent}${close}`
}

/** A text as JSON in which nothing is hidden from whoever reviews it. */
export function quote(text: string): string {
  return withHiddenEscaped(JSON.stringify(text))
}
