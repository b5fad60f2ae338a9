import type { ByteText, Edit, Payload } from '../../wire/bytes.ts'
import { Member, metaKeys } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { isEmptyAt } from '../../wire/message.ts'
import { partsOf } from '../../wire/walk.ts'
import type { Call, CallSpec } from '../call/call.ts'
import type { Era } from '../call/era.ts'
import { modernVersion } from '../call/era.ts'

const reservedPrefix = 'io.modelcontextprotocol/'

/** The request as the server should read it: its era, our id and progress token, its own names. */
export function requestFor(era: Era, call: Call, id: number): Payload {
  const { message, target, requestState } = call.spec
  const ours = String(id)
  const edits: Edit[] = [replace(message, Member.id, ours)]
  if (target !== undefined) edits.push(replace(message, targetMember(message), target))
  if (requestState !== undefined) edits.push(replace(message, Member.requestState, requestState))
  const metaEdit = metaFor(era, call.spec, ours)
  if (metaEdit) edits.push(metaEdit)
  if (edits.length > 1) edits.sort((a, b) => a.start - b.start)
  return message.splice(edits)
}

function targetMember(message: Message): Member {
  return message.has(Member.name) ? Member.name : message.has(Member.uri) ? Member.uri : Member.ref
}

function replace(message: Message, member: Member, text: ByteText): Edit {
  return { start: message.start(member), end: message.end(member), text }
}

function metaFor(era: Era, spec: CallSpec, token: ByteText): Edit | undefined {
  const { message, caller } = spec
  if (era === caller.era) {
    return message.has(Member.metaProgressToken)
      ? replace(message, Member.metaProgressToken, token)
      : undefined
  }
  return era === 'legacy' ? metaForLegacy(message, token) : metaForModern(spec, token)
}

/** Without what only the modern era knows. */
function metaForLegacy(message: Message, token: ByteText): Edit | undefined {
  const start = message.start(Member.meta)
  if (start === -1) return undefined
  const { bytes } = message
  const kept = partsOf(bytes, start)
    .filter((part) => !part.key.startsWith(reservedPrefix))
    .map((part) => {
      const value =
        part.key === 'progressToken' ? token : bytes.toString('latin1', part.start, part.end)
      return `"${part.key}":${value}`
    })
  return { start, end: message.end(Member.meta), text: `{${kept.join(',')}}` }
}

/** With the envelope that makes a modern request stand alone. */
function metaForModern(spec: CallSpec, token: ByteText): Edit {
  const { message } = spec
  const envelope = modernEnvelope(spec)
  const start = message.start(Member.meta)
  if (start !== -1) {
    const parts = partsOf(message.bytes, start).map((part) => {
      const value =
        part.key === 'progressToken'
          ? token
          : message.bytes.toString('latin1', part.start, part.end)
      return `"${part.key}":${value}`
    })
    return { start, end: message.end(Member.meta), text: `{${[envelope, ...parts].join(',')}}` }
  }
  const params = message.start(Member.params)
  if (params === -1) {
    const end = message.end(Member.method)
    return { start: end, end, text: `,"params":{"_meta":{${envelope}}}` }
  }
  const comma = isEmptyAt(message, params) ? '' : ','
  return { start: params + 1, end: params + 1, text: `"_meta":{${envelope}}${comma}` }
}

/** A legacy client cannot be asked by a modern server in mid-call, so none of its capabilities are promised. */
function modernEnvelope({ caller, logLevel }: CallSpec): ByteText {
  const info =
    caller.clientInfo === undefined ? '' : `,"${metaKeys.clientInfo}":${caller.clientInfo}`
  const level = logLevel === undefined ? '' : `,"${metaKeys.logLevel}":"${logLevel}"`
  return `"${metaKeys.protocolVersion}":"${modernVersion}","${metaKeys.clientCapabilities}":{}${info}${level}`
}
