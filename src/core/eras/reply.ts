import type { ByteText, Edit, Payload } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { Member, metaKeys } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { isEmptyAt } from '../../wire/message.ts'
import { without } from '../../wire/walk.ts'
import type { Caller } from '../call/call.ts'
import type { Era } from '../call/era.ts'

export interface ReplyTo {
  readonly id: ByteText
  readonly method: string
  readonly caller: Pick<Caller, 'era'>
  /** What the request named, for errors that must repeat it. */
  readonly uri: string | undefined
}

/** The server's answer as its caller should read it: the caller's era and id. */
export function replyFor(
  from: Era,
  reply: Message,
  to: ReplyTo,
  extra: readonly Edit[] = [],
): Payload {
  const edits: Edit[] = [
    ...extra,
    { start: reply.start(Member.id), end: reply.end(Member.id), text: to.id },
  ]
  if (from !== to.caller.era) {
    if (to.caller.era === 'modern') addModernMembers(edits, reply, to)
    else dropModernMembers(edits, reply)
  }
  if (edits.length > 1) edits.sort((a, b) => a.start - b.start)
  return reply.splice(edits)
}

function addModernMembers(edits: Edit[], reply: Message, to: ReplyTo): void {
  if (reply.isError) return notFoundToModern(edits, reply, to)
  const at = reply.start(Member.result) + 1
  let text = reply.has(Member.resultType) ? '' : '"resultType":"complete"'
  if (to.method === 'resources/read' && !reply.has(Member.ttlMs)) {
    // A legacy server says nothing about caching, so nothing may be cached.
    text += `${text === '' ? '' : ','}"ttlMs":0,"cacheScope":"private"`
  }
  if (text === '') return
  const isEmpty = isEmptyAt(reply, at - 1)
  edits.push({ start: at, end: at, text: isEmpty ? text : `${text},` })
}

/** `-32002` has no place in the modern era: it is `-32602` that names the URI. */
function notFoundToModern(edits: Edit[], reply: Message, to: ReplyTo): void {
  if (reply.raw(Member.errorCode) !== '-32002') return
  edits.push({
    start: reply.start(Member.errorCode),
    end: reply.end(Member.errorCode),
    text: '-32602',
  })
  if (to.uri === undefined || reply.has(Member.errorData)) return
  const end = reply.end(Member.errorCode)
  edits.push({ start: end, end, text: `,"data":${toJson({ uri: to.uri })}` })
}

function dropModernMembers(edits: Edit[], reply: Message): void {
  if (reply.isError) return
  const structured = reply.start(Member.structuredContent)
  if (structured !== -1 && reply.byteAt(structured) !== 0x7b) {
    // Legacy clients expect an object here; the list shows the same wrapping in `outputSchema`.
    const end = reply.end(Member.structuredContent)
    edits.push(
      { start: structured, end: structured, text: '{"result":' },
      { start: end, end, text: '}' },
    )
  }
  edits.push(...without(reply.bytes, reply.start(Member.result), (key) => modernOnly.has(key)))
  if (reply.has(Member.serverInfo)) {
    edits.push(
      ...without(reply.bytes, reply.start(Member.resultMeta), (key) => key === metaKeys.serverInfo),
    )
  }
}

const modernOnly = new Set(['resultType', 'ttlMs', 'cacheScope'])
