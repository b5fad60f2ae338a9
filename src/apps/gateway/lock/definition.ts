import { hash } from 'node:crypto'
import { toolDigest } from '../../../access/tool-digest.ts'
import { canonicalMembers } from '../../../core/catalog/canonical-tool.ts'
import type { LockedKind } from '../../../core/catalog/lock/offer.ts'
import { lockedMembers, nameMembers } from '../../../core/catalog/lock/offer.ts'
import type { JsonMember, JsonValue } from './json-text.ts'
import { block, membersIn, parseValue, printValue, quote, stringIn } from './json-text.ts'

/** Of an entry as its server wrote it, what is locked of it. */
export function definitionOf(kind: LockedKind, bytes: Buffer): Buffer {
  const value = parseValue(bytes.toString())
  const members = new Map((value ? membersIn(value) : []).map((one) => [one.name, one.value]))
  const texts = lockedMembers[kind].flatMap((member) => {
    const said = members.get(member)
    return said ? [`${quote(member)}: ${compact(member, said)}`] : []
  })
  return Buffer.from(`{${texts.join(', ')}}`)
}

/** What is no text where one belongs is told as one, so that lines can be told from it. */
function compact(member: string, said: JsonValue): string {
  const printed = printValue(said, '')
  return member === 'description' && stringIn(said) === undefined ? quote(printed) : printed
}

/** Stands for what is locked of an entry; of a tool it is what approvals of calls are bound to. */
export function digestOfDefinition(kind: LockedKind, definition: Buffer): string {
  const digest =
    kind === 'tools'
      ? toolDigest(definition)
      : hash('sha256', canonicalMembers(definition, lockedMembers[kind]), 'base64url')
  return `sha256-${digest}`
}

/** A definition as it stands in the lock, with what others have written into the entry before. */
export function printDefinition(
  kind: LockedKind,
  definition: Buffer,
  { indent, before }: { readonly indent: string; readonly before: JsonValue | undefined },
): string {
  const inner = `${indent}  `
  const value = parseValue(definition.toString())
  const own = (value ? membersIn(value) : [])
    .filter(({ name }) => name !== nameMembers[kind])
    .map((member) => printMember(member, inner))
  const known = new Set([...lockedMembers[kind], 'digest'])
  const kept = (before ? membersIn(before) : [])
    .filter(({ name }) => !known.has(name))
    .map((member) => printMember(member, inner))
  const digest = `"digest": ${quote(digestOfDefinition(kind, definition))}`
  return block([digest, ...own, ...kept], { open: '{', close: '}', indent })
}

function printMember({ name, value }: JsonMember, indent: string): string {
  const words = name === 'description' ? stringIn(value) : undefined
  const printed = words === undefined ? printValue(value, indent) : printWords(words, indent)
  return `${quote(name)}: ${printed}`
}

/** A text of several lines is a list of them: then a line that differs is a line in a review. */
export function printWords(words: string, indent: string): string {
  if (!words.includes('\n')) return quote(words)
  const lines = words.split('\n').map((line) => quote(line))
  return block(lines, { open: '[', close: ']', indent })
}

/** What `printWords` printed. */
export function readWords(value: JsonValue): string | undefined {
  const { node, text } = value
  if (node.type !== 'array') return stringIn(value)
  const lines = (node.children ?? []).map((child) => stringIn({ node: child, text }))
  return lines.some((line) => line === undefined) ? undefined : lines.join('\n')
}

/** The definition that an entry of the lock stands for. */
export function readDefinition(kind: LockedKind, name: string, entry: JsonValue): Buffer {
  const members = membersIn(entry).filter(
    (member) => lockedMembers[kind].includes(member.name) && member.name !== nameMembers[kind],
  )
  const texts = members.map(({ name: member, value }) => {
    const words = member === 'description' ? readWords(value) : undefined
    return `${quote(member)}: ${words === undefined ? printValue(value, '') : quote(words)}`
  })
  return Buffer.from(`{${[`${quote(nameMembers[kind])}: ${quote(name)}`, ...texts].join(', ')}}`)
}
