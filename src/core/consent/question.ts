import { isRecord } from '../../kit/is-record.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { fromUtf8, toJson } from '../../wire/bytes.ts'
import { indented } from '../catalog/difference.ts'
import { withHiddenShown } from '../catalog/hidden-text.ts'
import type { Ask } from './ask.ts'
import type { Answer, Pending, Scope } from './desk.ts'

/** Under which the question stands in what a client is sent, and what it says for programs. */
export const approvalKey = 'gantry/approval'

/** So much of the arguments stands in a question; the rest is told by its length and digest. */
const shownChars = 8000

const words: Readonly<Record<Scope | 'deny', string>> = {
  once: 'this call only',
  conversation: 'every call of this tool in this conversation',
  always: 'every call of this tool, until its definition changes',
  deny: 'do not run it',
}

/** Which answers there are: without a conversation none can hold for one. */
export function choicesFor({ conversation }: Ask): readonly (Scope | 'deny')[] {
  return conversation === undefined
    ? ['once', 'always', 'deny']
    : ['once', 'conversation', 'always', 'deny']
}

/** The params of `elicitation/create`: what a person is shown, and for our own clients the same as data. */
export function questionParams(pending: Pending): ByteText {
  const { ask } = pending
  const choices = choicesFor(ask)
  const description = choices.map((choice) => `${choice}: ${words[choice]}`).join('; ')
  const decision = { type: 'string', title: 'Decision', description, enum: choices }
  const requestedSchema = { type: 'object', properties: { decision }, required: ['decision'] }
  const rest = toJson({ message: messageFor(ask), requestedSchema })
  return `${rest.slice(0, -1)},"_meta":{"${approvalKey}":${approvalJson(pending)}}}`
}

/** Everything there is to know: the invoked name, whose tool it is, all arguments, and why somebody is asked. */
export function messageFor({ server, tool, reason, shown, argumentsDigest }: Ask): string {
  const lines = [
    `Run the tool ${quoted(tool)} of the server ${quoted(server)}?`,
    `You are asked because ${withHiddenShown(reason.replace(/\s+/g, ' '))}.`,
    'Arguments:',
  ]
  const text = shown.isWhole ? readable(shown.text) : withHiddenShown(shown.text)
  if (shown.isWhole && text.length <= shownChars) return [...lines, text].join('\n')
  const head = text.slice(0, shownChars)
  const cut = `… cut here: ${shown.bytes} bytes in all, digest ${argumentsDigest}`
  return [...lines, head, cut].join('\n')
}

function approvalJson({ id, ask, expiresAtMs }: Pending): ByteText {
  const { server, tool, reason, shown, argumentsDigest } = ask
  const facts = toJson({
    id,
    server,
    tool,
    reason,
    expires_at: new Date(expiresAtMs).toISOString(),
    choices: choicesFor(ask),
    arguments_bytes: shown.bytes,
    arguments_digest: argumentsDigest,
  })
  if (!shown.isWhole) return facts
  const bytes = Buffer.from(shown.text).toString('latin1')
  return `${facts.slice(0, -1)},"arguments":${bytes}}`
}

/** JSON for people, without anything that nobody sees; numbers and what stands twice stay as they are. */
function readable(json: string): string {
  return withHiddenShown(indented(Buffer.from(json), 0, Buffer.byteLength(json)))
}

function quoted(name: string): string {
  return withHiddenShown(JSON.stringify(name))
}

/** What came back: an answer, nobody who could be asked, or somebody who would not say. */
export type Reply = Answer | 'unasked' | 'dismissed' | 'unclear'

/** Reads the result of `elicitation/create`, as JSON; `by` is whose client answered. */
export function readReply(ask: Ask, json: ByteText, by: string): Reply {
  return replyIn(ask, JSON.parse(fromUtf8(json)), by)
}

export function replyIn(ask: Ask, said: unknown, by: string): Reply {
  const { action, content } = isRecord(said) ? said : {}
  if (action === 'decline') return { decision: 'deny', scope: 'once', by }
  if (action === 'cancel') return 'dismissed'
  const chosen = isRecord(content) ? content['decision'] : undefined
  const choice = choicesFor(ask).find((one) => one === chosen)
  if (action !== 'accept' || choice === undefined) return 'unclear'
  return choice === 'deny'
    ? { decision: 'deny', scope: 'once', by }
    : { decision: 'allow', scope: choice, by }
}

/** Whether a client with these capabilities can show a form. */
export function showsForms(capabilities: ByteText): boolean {
  if (!capabilities.includes('"elicitation"')) return false
  const declared: unknown = JSON.parse(fromUtf8(capabilities))
  const elicitation = isRecord(declared) ? declared['elicitation'] : undefined
  // An empty object declares forms only.
  return (
    isRecord(elicitation) && (elicitation['form'] !== undefined || elicitation['url'] === undefined)
  )
}
