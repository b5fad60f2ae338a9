import type { ByteText } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { decodeString } from '../../wire/message.ts'
import { partsOf } from '../../wire/walk.ts'

/** What a person approves of a tool; the rest is between programs. */
export const pinnedMembers = [
  'name',
  'title',
  'description',
  'inputSchema',
  'outputSchema',
  'annotations',
] as const
export type PinnedMember = (typeof pinnedMembers)[number]

/** The members in which two texts of a tool say different things, however they are spelled. */
export function differingMembers(one: Buffer, other: Buffer): readonly PinnedMember[] {
  return membersThatDiffer(one, other, pinnedMembers)
}

/** The same for an entry of any kind, of whose members these count. */
export function membersThatDiffer<Name extends string>(
  one: Buffer,
  other: Buffer,
  names: readonly Name[],
): readonly Name[] {
  const [before, after] = [membersOf(one), membersOf(other)]
  return names.filter((name) => before.get(name) !== after.get(name))
}

/** What a person approves of a tool, in one spelling. */
export function canonicalTool(tool: Buffer): ByteText {
  return canonicalMembers(tool, pinnedMembers)
}

/** These members of an entry in one spelling; two entries that mean the same there give the same text. */
export function canonicalMembers(entry: Buffer, names: readonly string[]): ByteText {
  const members = membersOf(entry)
  return names.map((name) => members.get(name) ?? '').join('\n')
}

/** Each member of a tool in one spelling; what is said twice stays twice. */
function membersOf(tool: Buffer): ReadonlyMap<string, ByteText> {
  const members = new Map<string, ByteText>()
  for (const { key, start, end } of partsOf(tool)) {
    const name = decodeString(`"${key}"`)
    members.set(name, (members.get(name) ?? '') + canonical(tool, start, end))
  }
  return members
}

/** Keys in order, texts without needless escapes, no space: the same for whatever means the same. */
function canonical(bytes: Buffer, start: number, end: number): ByteText {
  const first = bytes[start]
  if (first === 0x22) return toJson(decodeString(bytes.toString('latin1', start, end)))
  const isObject = first === 0x7b
  if (!isObject && first !== 0x5b) return bytes.toString('latin1', start, end)
  const parts = partsOf(bytes, start).map((part) => ({
    key: isObject ? `${toJson(decodeString(`"${part.key}"`))}:` : '',
    value: canonical(bytes, part.start, part.end),
  }))
  const ordered = isObject ? parts.toSorted(byKey) : parts
  const inner = ordered.map(({ key, value }) => key + value).join(',')
  return isObject ? `{${inner}}` : `[${inner}]`
}

/** Stable, so that of two equal keys the last one stays the last. */
function byKey(a: { readonly key: ByteText }, b: { readonly key: ByteText }): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}
