import type { ByteText, Edit, Payload } from '../../wire/bytes.ts'
import { consentKeys, Member, metaKeys } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { isEmptyAt } from '../../wire/message.ts'
import type { Part } from '../../wire/walk.ts'
import { partsOf, without } from '../../wire/walk.ts'
import type { Call, CallSpec } from '../call/call.ts'
import type { Era } from '../call/era.ts'
import { modernVersion } from '../call/era.ts'
import { hasTerms } from '../consent/terms.ts'

const reservedPrefix = 'io.modelcontextprotocol/'
const noTraceState: ByteText = '""'
const ownKeys: ReadonlySet<ByteText> = new Set(Object.values(consentKeys))

/** The request as the server should read it: its era, our id and progress token, its own names. */
export function requestFor(era: Era, call: Call, id: number): Payload {
  const { message, target, requestState } = call.spec
  const ours = String(id)
  const edits: Edit[] = [replace(message, Member.id, ours)]
  if (target !== undefined) edits.push(replace(message, targetMember(message), target))
  if (requestState !== undefined) edits.push(replace(message, Member.requestState, requestState))
  if (call.spec.approval !== undefined) dropAnswers(edits, message)
  if (era === call.spec.caller.era && !hasTerms(message)) editMeta(edits, call, ours)
  else rewriteMeta(edits, era, call, ours)
  if (edits.length > 1) edits.sort((a, b) => a.start - b.start)
  return message.splice(edits)
}

function targetMember(message: Message): Member {
  return message.has(Member.name) ? Member.name : message.has(Member.uri) ? Member.uri : Member.ref
}

function replace(message: Message, member: Member, text: ByteText): Edit {
  return { start: message.start(member), end: message.end(member), text }
}

/** The client answered us and not the server, which does not know of it. */
function dropAnswers(edits: Edit[], message: Message): void {
  const start = message.start(Member.params)
  edits.push(
    ...without(message.bytes, start, (key) => key === 'requestState' || key === 'inputResponses'),
  )
}

/** Within one era only values of ours change. */
function editMeta(edits: Edit[], { spec: { message }, trace }: Call, token: ByteText): void {
  if (message.has(Member.metaProgressToken))
    edits.push(replace(message, Member.metaProgressToken, token))
  if (!trace) return
  if (!trace.continuesClient && message.has(Member.tracestate))
    edits.push(replace(message, Member.tracestate, noTraceState))
  if (message.has(Member.traceparent))
    edits.push(replace(message, Member.traceparent, trace.traceparent))
  else {
    const edit = addToMeta(message, `"traceparent":${trace.traceparent}`)
    if (edit) edits.push(edit)
  }
}

/**
 * Between eras the envelope differs: the legacy one goes without, the modern one stands alone. What was meant for us
 * alone goes to nobody.
 */
function rewriteMeta(edits: Edit[], era: Era, call: Call, token: ByteText): void {
  const { spec, trace } = call
  const { message } = spec
  const isForeign = era !== spec.caller.era
  const added = isForeign && era === 'modern' ? [modernEnvelope(spec)] : []
  if (trace && !message.has(Member.traceparent)) added.push(`"traceparent":${trace.traceparent}`)
  const start = message.start(Member.meta)
  if (start === -1) {
    const edit = addToMeta(message, added.join(','))
    if (edit && added.length > 0) edits.push(edit)
    return
  }
  const kept = partsOf(message.bytes, start)
    .filter(({ key }) => !ownKeys.has(key))
    .filter(({ key }) => !isForeign || era === 'modern' || !key.startsWith(reservedPrefix))
    .map((part) => `"${part.key}":${ourValue(part.key, call, token) ?? valueOf(message, part)}`)
  edits.push({
    start,
    end: message.end(Member.meta),
    text: `{${[...added, ...kept].join(',')}}`,
  })
}

function ourValue(key: ByteText, { trace }: Call, token: ByteText): ByteText | undefined {
  if (key === 'progressToken') return token
  if (key === 'traceparent') return trace?.traceparent
  return key === 'tracestate' && trace?.continuesClient === false ? noTraceState : undefined
}

function valueOf({ bytes }: Message, { start, end }: Part): ByteText {
  return bytes.toString('latin1', start, end)
}

/** Puts members in front of those of `_meta`, which may not be there yet. */
function addToMeta(message: Message, members: ByteText): Edit | undefined {
  const meta = message.start(Member.meta)
  if (meta !== -1) return message.byteAt(meta) === 0x7b ? addTo(message, meta, members) : undefined
  const params = message.start(Member.params)
  if (params !== -1) return addTo(message, params, `"_meta":{${members}}`)
  const end = message.end(Member.method)
  return { start: end, end, text: `,"params":{"_meta":{${members}}}` }
}

function addTo(message: Message, start: number, members: ByteText): Edit {
  const comma = isEmptyAt(message, start) ? '' : ','
  return { start: start + 1, end: start + 1, text: `${members}${comma}` }
}

/** A legacy client cannot be asked by a modern server in mid-call, so none of its capabilities are promised. */
function modernEnvelope({ caller, logLevel }: CallSpec): ByteText {
  const info =
    caller.clientInfo === undefined ? '' : `,"${metaKeys.clientInfo}":${caller.clientInfo}`
  const level = logLevel === undefined ? '' : `,"${metaKeys.logLevel}":"${logLevel}"`
  return `"${metaKeys.protocolVersion}":"${modernVersion}","${metaKeys.clientCapabilities}":{}${info}${level}`
}
