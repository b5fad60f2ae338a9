import type { RoutedCall } from '../call/call.ts'
import { canonicalTool } from '../catalog/canonical-tool.ts'
import type { Entry } from '../catalog/listing.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { partsOf } from '../../wire/walk.ts'
import { canonicalJson } from './canonical.ts'

/** A call that somebody is asked about: all that an answer is bound to, and what is shown. */
export interface Ask {
  readonly principal: string
  /** What belongs together, where that is known. */
  readonly conversation: string | undefined
  readonly server: string
  /** By its server's own name. */
  readonly tool: string
  /** The definition of the tool as it is listed now. */
  readonly toolDigest: string
  readonly argumentsDigest: string
  readonly reason: string
  readonly rule?: string | undefined
  readonly shown: ShownArguments
}

/** Arguments for a person to look at. */
export interface ShownArguments {
  /** JSON as it came; only the first part where it is longer than what is kept. */
  readonly text: string
  readonly isWhole: boolean
  readonly bytes: number
}

/** So much of the arguments of a call that waits is kept. */
export const keptBytes = 64 * 1024

export type Digest = (text: string) => string

const noArguments = Buffer.from('{}')

/** The bytes of the arguments, as the client wrote them. */
export function argumentsOf(message: Message): Buffer {
  return message.slice(Member.arguments) ?? noArguments
}

export function shownArguments(message: Message): ShownArguments {
  const bytes = argumentsOf(message)
  return {
    text: bytes.toString('utf8', 0, keptBytes),
    isWhole: bytes.length <= keptBytes,
    bytes: bytes.length,
  }
}

/** Stands for what a person finds good of a tool: the same as the digest of a pin. */
export function createToolDigest(digest: Digest): (entry: Entry) => string {
  const known = new WeakMap<Entry, string>()
  return (entry) => {
    let found = known.get(entry)
    if (found === undefined) known.set(entry, (found = digest(canonicalTool(entry.bytes))))
    return found
  }
}

/** Members of the params that are looked at elsewhere, or that only carry an answer of ours. */
const besides = new Set(['name', 'arguments', '_meta', 'requestState', 'inputResponses'])

/** Stands for everything that a call asks for: its arguments, and whatever else its params say. */
export function digestArguments(message: Message, digest: Digest): string {
  const params = message.slice(Member.params) ?? noArguments
  const others = partsOf(params)
    .filter(({ key }) => !besides.has(key))
    .map(({ key, start }) => `"${key}":${canonicalJson(params, start)}`)
    .toSorted()
  return digest([canonicalJson(argumentsOf(message)), ...others].join('\n'))
}

/** What belongs together: what the client says does, else its session. */
export function conversationOf(
  { spec: { caller } }: RoutedCall,
  said: string | undefined,
): string | undefined {
  if (said !== undefined) return `id:${said}`
  return caller.session === undefined ? undefined : sessionConversation(caller.session)
}

/** All that is called in one session belongs together. */
export function sessionConversation(session: string): string {
  return `session:${session}`
}
