import type { CatalogRules } from '../../contract/config.ts'
import type { Edit } from '../../wire/bytes.ts'
import { splice, toBuffer, toJson } from '../../wire/bytes.ts'
import { decodeString } from '../../wire/message.ts'
import { partsOf } from '../../wire/walk.ts'
import type { ListKind } from '../routing/upstream.ts'
import { isClearName, withoutHidden } from './hidden-text.ts'
import type { Entry } from './listing.ts'

/** An entry as it may be shown, or why it may not. */
export type CleanEntry =
  | { readonly entry: Entry; readonly isChanged: boolean }
  | { readonly reason: string }

const nameChars = 128

/** What may stand in an entry without a closer look: no hidden character is spelled with these. */
const odd = /[^\t\n\r\x20-\x7e]|\\[ubf]/

/** Takes hidden characters out of its texts and cuts what is too long; what is clean keeps its bytes. */
export function cleanEntry(entry: Entry, kind: ListKind, rules: CatalogRules): CleanEntry {
  const { name, bytes } = entry
  const limit = kind === 'tools' || kind === 'prompts' ? nameChars : rules.textChars
  if (name.length > limit) return { reason: `its name is longer than ${limit} characters` }
  const isKept = rules.text === 'keep'
  if (!isKept && !isClearName(name))
    return { reason: 'its name has characters that cannot be seen' }
  const twice = saidTwice(bytes)
  if (twice !== undefined) return { reason: `it says "${twice}" twice` }
  const isLong = bytes.length > Math.min(rules.textChars, rules.schemaBytes)
  if (!isLong && !odd.test(bytes.toString('latin1'))) return { entry, isChanged: false }
  const { edits, reason } = inspect(bytes, kind, rules)
  if (reason !== undefined) return { reason }
  if (edits.length === 0) return { entry, isChanged: false }
  return { entry: { ...entry, bytes: toBuffer(splice(bytes, edits)) }, isChanged: true }
}

/** Of two members with one name different programs read different ones. */
function saidTwice(bytes: Buffer, start = 0): string | undefined {
  const seen = new Set<string>()
  for (const part of partsOf(bytes, start)) {
    const name = decodeString(`"${part.key}"`)
    if (seen.has(name)) return withoutHidden(name)
    seen.add(name)
    const inner = name === 'annotations' && start === 0 ? saidTwice(bytes, part.start) : undefined
    if (inner !== undefined) return inner
  }
  return undefined
}

/** A text that is no entry of a list, such as the instructions of a server. */
export function cleanText(text: string, { text: mode, textChars }: CatalogRules): string {
  return shortened(mode === 'keep' ? text : withoutHidden(text), textChars)
}

interface Place {
  readonly path: readonly string[]
  /** What stands here goes back to the server: another spelling would be another thing. */
  readonly isBinding: boolean
}

interface Findings {
  readonly edits: readonly Edit[]
  readonly reason: string | undefined
}

const bindingKeys = new Set(['enum', 'const', 'required', 'pattern', '$ref', 'uri', 'uriTemplate'])
const schemaKeys = new Set(['inputSchema', 'outputSchema', 'arguments'])
const cutPaths = new Set(['description', 'title', 'annotations.title'])

function inspect(bytes: Buffer, kind: ListKind, rules: CatalogRules): Findings {
  const isKept = rules.text === 'keep'
  const edits: Edit[] = []
  let reason: string | undefined

  function inspectText(start: number, end: number, { path, isBinding }: Place): void {
    const text = decodeString(bytes.toString('latin1', start, end))
    const clean = isKept ? text : withoutHidden(text)
    if (clean !== text && (isBinding || rules.text === 'reject'))
      reason ??= `"${nameOf(path)}" has characters that cannot be seen`
    const shown = cutPaths.has(path.join('.')) ? shortened(clean, rules.textChars) : clean
    if (shown !== text) edits.push({ start, end, text: toJson(shown) })
  }

  function inspectAt(start: number, end: number, place: Place): void {
    if (bytes[start] === 0x22) return inspectText(start, end, place)
    for (const part of partsOf(bytes, start)) {
      const key = decodeString(`"${part.key}"`)
      const path = part.key === '' ? place.path : [...place.path, key]
      const isOwn = path[0] === '_meta'
      if (!isKept && !isOwn && withoutHidden(key) !== key)
        reason ??= `a key of "${nameOf(place.path)}" has characters that cannot be seen`
      const isName = kind === 'prompts' && key === 'name'
      const isBinding = place.isBinding || (!isOwn && (isName || bindingKeys.has(key)))
      inspectAt(part.start, part.end, { path, isBinding })
    }
  }

  for (const { key, start, end } of partsOf(bytes)) {
    if (schemaKeys.has(decodeString(`"${key}"`)) && end - start > rules.schemaBytes)
      reason ??= `"${key}" is larger than ${rules.schemaBytes} bytes`
  }
  if (reason === undefined) inspectAt(0, bytes.length, { path: [], isBinding: false })
  return { edits, reason }
}

function nameOf(path: readonly string[]): string {
  return withoutHidden(path.join('.'))
}

function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text
  // Half a character is none.
  const end = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1)) ? limit - 1 : limit
  return `${text.slice(0, end)}… [Gantry left out ${text.length - end} more characters]`
}
