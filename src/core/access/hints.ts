import { partNamed } from '../../wire/walk.ts'
import type { Entry } from '../catalog/listing.ts'

/** What a tool does, in the words of the specification. */
export const hintNames = [
  'readOnlyHint',
  'destructiveHint',
  'idempotentHint',
  'openWorldHint',
] as const
export type HintName = (typeof hintNames)[number]

/** What holds of a tool that says nothing: the worst, by the specification. */
const unsaid: Readonly<Record<HintName, boolean>> = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
}

/** What a hint comes to; of a server that is not trusted the worst is assumed, whatever it says. */
export function hintOf(tool: Entry, hint: HintName, isTrusted: boolean): boolean {
  if (!isTrusted) return unsaid[hint]
  return said(tool, hint) ?? unsaidBy(said(tool, 'readOnlyHint') === true, hint)
}

/** What a hint comes to where the server is believed; `hints` is what it says of the tool. */
export function impliedHint(hint: HintName, hints: Readonly<Record<string, unknown>>): boolean {
  const own = hints[hint]
  return typeof own === 'boolean' ? own : unsaidBy(hints['readOnlyHint'] === true, hint)
}

/** What changes nothing destroys nothing, and may be done twice. */
function unsaidBy(isReadOnly: boolean, hint: HintName): boolean {
  if (!isReadOnly) return unsaid[hint]
  return hint === 'destructiveHint' ? false : hint === 'idempotentHint' || unsaid[hint]
}

function said({ bytes }: Entry, hint: HintName): boolean | undefined {
  const hints = partNamed(bytes, 'annotations')
  const part = hints && partNamed(bytes, hint, hints.start)
  const text = part && bytes.toString('latin1', part.start, part.end)
  return text === 'true' || (text === 'false' ? false : undefined)
}
