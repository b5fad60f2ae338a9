import type { Edit } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { decodeString } from '../../wire/message.ts'
import type { Part } from '../../wire/walk.ts'
import { partNamed, partsOf } from '../../wire/walk.ts'
import type { View } from '../catalog/view.ts'

/** The places in a reply where a URI stands that the client may use again. */
export function uriEdits(
  reply: Message,
  method: string,
  server: string,
  view: View,
): readonly Edit[] {
  if (!view.rewritesUris || reply.isError) return []
  return urisIn(reply, method).flatMap((part) => {
    const raw = reply.bytes.toString('latin1', part.start, part.end)
    if (!raw.startsWith('"')) return []
    const uri = decodeString(raw)
    const shown = view.shownUri(server, uri)
    return shown === uri ? [] : [{ start: part.start, end: part.end, text: toJson(shown) }]
  })
}

function urisIn(reply: Message, method: string): readonly Part[] {
  // Most results link to nothing, and one search tells.
  if (method !== 'resources/read' && !reply.mentions('"resource')) return []
  const { bytes } = reply
  switch (method) {
    case 'resources/read':
      return reply.has(Member.contents)
        ? partsOf(bytes, reply.start(Member.contents)).flatMap(({ start }) =>
            some(partNamed(bytes, 'uri', start)),
          )
        : []
    case 'tools/call':
      return reply.has(Member.content)
        ? partsOf(bytes, reply.start(Member.content)).flatMap(({ start }) => blockUri(bytes, start))
        : []
    case 'prompts/get': {
      const messages = partNamed(bytes, 'messages', reply.start(Member.result))
      if (!messages) return []
      return partsOf(bytes, messages.start).flatMap(({ start }) => {
        const content = partNamed(bytes, 'content', start)
        return content ? blockUri(bytes, content.start) : []
      })
    }
    default:
      return []
  }
}

function blockUri(bytes: Buffer, start: number): readonly Part[] {
  const type = partNamed(bytes, 'type', start)
  const text = type && bytes.toString('latin1', type.start, type.end)
  if (text === '"resource_link"') return some(partNamed(bytes, 'uri', start))
  if (text !== '"resource"') return []
  const resource = partNamed(bytes, 'resource', start)
  return resource ? some(partNamed(bytes, 'uri', resource.start)) : []
}

function some(part: Part | undefined): readonly Part[] {
  return part ? [part] : []
}
