import type { Edit } from '../../wire/bytes.ts'
import { splice, toBuffer, toJson } from '../../wire/bytes.ts'
import { decodeString } from '../../wire/message.ts'
import type { Part } from '../../wire/walk.ts'
import { partNamed, partsOf } from '../../wire/walk.ts'
import type { Era } from '../call/era.ts'
import type { ListKind } from '../routing/upstream.ts'
import { hasParamHeaders, withoutBadParamHeaders } from './param-headers.ts'
import type { Entry } from './listing.ts'
import { listWords } from './listing.ts'

export interface PrintEntry {
  readonly kind: ListKind
  readonly era: Era
  readonly name: string
  readonly entry: Entry
  readonly shownUri: ((server: string, uri: string) => string) | undefined
}

/** One entry as this view shows it: its bytes, with no more changed than must be. */
export function printEntry({ kind, era, name, entry, shownUri }: PrintEntry): Buffer {
  const bytes =
    kind === 'tools' && hasParamHeaders(entry.bytes)
      ? withoutBadParamHeaders(entry.bytes)
      : entry.bytes
  const edits: Edit[] = []
  if (name !== entry.name) {
    const part = partNamed(bytes, listWords[kind].key)
    if (part) edits.push(edit(part, toJson(name)))
  }
  if (shownUri) edits.push(...uiLinks(bytes, entry.server, shownUri))
  if (kind === 'tools') edits.push(...toolEdits(bytes, era))
  if (edits.length === 0) return bytes
  return toBuffer(
    splice(
      bytes,
      edits.toSorted((a, b) => a.start - b.start),
    ),
  )
}

function edit({ start, end }: Part, text: string): Edit {
  return { start, end, text }
}

/** The page a tool brings along is a resource of its server: both spellings of the link follow the URI rule. */
function uiLinks(
  bytes: Buffer,
  server: string,
  shownUri: (server: string, uri: string) => string,
): Edit[] {
  const meta = partNamed(bytes, '_meta')
  if (!meta) return []
  const ui = partNamed(bytes, 'ui', meta.start)
  const links = [
    ui && partNamed(bytes, 'resourceUri', ui.start),
    partNamed(bytes, 'ui/resourceUri', meta.start),
  ]
  return links.flatMap((link) => {
    const raw = link && bytes.toString('latin1', link.start, link.end)
    return link && raw?.startsWith('"')
      ? [edit(link, toJson(shownUri(server, decodeString(raw))))]
      : []
  })
}

function toolEdits(bytes: Buffer, era: Era): Edit[] {
  return era === 'modern' ? withoutExecution(bytes) : withObjectOutput(bytes)
}

/** `execution` belongs to the tasks of 2025-11-25, which the modern era does not have. */
function withoutExecution(bytes: Buffer): Edit[] {
  const parts = partsOf(bytes)
  const at = parts.findIndex((part) => part.key === 'execution')
  const part = parts[at]
  if (!part) return []
  const previous = parts[at - 1]
  if (previous) return [{ start: previous.end, end: part.end, text: '' }]
  return [{ start: part.keyStart, end: parts[at + 1]?.keyStart ?? part.end, text: '' }]
}

/** Legacy clients know object results only: anything else is wrapped, here as in the result itself. */
function withObjectOutput(bytes: Buffer): Edit[] {
  const schema = partNamed(bytes, 'outputSchema')
  if (!schema) return []
  const part = partNamed(bytes, 'type', schema.start)
  const type = part && bytes.toString('latin1', part.start, part.end)
  if (type === '"object"') return []
  // Without one plain type some results are objects already, and those are not wrapped.
  if (!type?.startsWith('"')) return [edit(schema, '{"type":"object"}')]
  const own = bytes.toString('latin1', schema.start, schema.end)
  return [edit(schema, `{"type":"object","properties":{"result":${own}},"required":["result"]}`)]
}
