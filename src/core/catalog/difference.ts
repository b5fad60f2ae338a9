import { decodeString } from '../../wire/message.ts'
import { partsOf } from '../../wire/walk.ts'
import { membersThatDiffer, pinnedMembers } from './canonical-tool.ts'
import { withHiddenShown } from './hidden-text.ts'
import type { SavedTool } from './pins.ts'

/** What one member of a tool said and says, for a person to compare. */
export interface Difference {
  readonly member: string
  readonly before?: string
  readonly after?: string
}

/** In what a tool that waits differs from what was found good; of a new one, all it says. */
export function differencesOf({ approved, waiting = '{}' }: SavedTool): readonly Difference[] {
  const before = approved === undefined ? undefined : Buffer.from(approved)
  return memberDifferences(before, Buffer.from(waiting), pinnedMembers)
}

/** In which of these members two entries differ; of one that is alone, all it says. */
export function memberDifferences(
  before: Buffer | undefined,
  after: Buffer | undefined,
  names: readonly string[],
): readonly Difference[] {
  const members = before && after ? membersThatDiffer(before, after, names) : names
  return members.flatMap((member) => {
    const [old, now] = [before && textOf(before, member), after && textOf(after, member)]
    if (old === undefined && now === undefined) return []
    return {
      member,
      ...(old !== undefined && { before: old }),
      ...(now !== undefined && { after: now }),
    }
  })
}

function textOf(tool: Buffer, member: string): string | undefined {
  const part = partsOf(tool).find(({ key }) => decodeString(`"${key}"`) === member)
  if (!part) return undefined
  const isText = tool[part.start] === 0x22
  const raw = tool.toString('latin1', part.start, part.end)
  return withHiddenShown(isText ? decodeString(raw) : indented(tool, part.start, part.end))
}

/** JSON for people; what stands in it twice stands here twice. */
export function indented(bytes: Buffer, start: number, end: number, indent = '\n'): string {
  const [first, raw] = [bytes[start], bytes.toString('latin1', start, end)]
  if (first === 0x22) return JSON.stringify(decodeString(raw))
  const isObject = first === 0x7b
  if (!isObject && first !== 0x5b) return raw
  const inner = `${indent}  `
  const parts = partsOf(bytes, start).map((part) => {
    const key = isObject ? `${JSON.stringify(decodeString(`"${part.key}"`))}: ` : ''
    return `${inner}${key}${indented(bytes, part.start, part.end, inner)}`
  })
  const [open, close] = isObject ? ['{', '}'] : ['[', ']']
  return parts.length === 0 ? `${open}${close}` : `${open}${parts.join(',')}${indent}${close}`
}
