import type { ConsentMode } from '../../contract/chat.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { consentKeys, Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'

/** How much stricter than the rules a call is looked at. */
export interface ConsentTerms {
  /**
   * "rules": as the rules say. "auto": what only reads runs, by the word of a trusted server; about the rest somebody
   * is asked. "ask": about everything. "never": what would be asked about is refused.
   */
  readonly mode: ConsentMode
  /** What is granted for one conversation is bound to its id. */
  readonly conversation?: string | undefined
  /** Words of somebody unknown have come in: what could do harm with them is asked about. */
  readonly tainted?: boolean | undefined
}

const modes: readonly ConsentMode[] = ['rules', 'auto', 'ask', 'never']
const longestConversation = 100

/** What a client wrote into `_meta` of its call; undefined when nothing. Throws `params_invalid`. */
export function termsIn(message: Message): ConsentTerms | undefined {
  if (!hasTerms(message)) return undefined
  const mode = message.has(Member.consent) ? modeIn(message) : 'rules'
  const conversation = message.text(Member.conversation)
  if (
    message.has(Member.conversation) &&
    (conversation === undefined || conversation === '' || conversation.length > longestConversation)
  )
    refuse(
      `"${consentKeys.conversation}" must be a string of 1 to ${longestConversation} characters`,
    )
  const tainted = message.raw(Member.tainted)
  if (tainted !== undefined && tainted !== 'true' && tainted !== 'false')
    refuse(`"${consentKeys.tainted}" must be true or false`)
  return { mode, conversation, tainted: tainted === 'true' }
}

/** Whether anything of this kind is written there: it is for us and not for the server. */
export function hasTerms(message: Message): boolean {
  return (
    message.has(Member.consent) || message.has(Member.conversation) || message.has(Member.tainted)
  )
}

function modeIn(message: Message): ConsentMode {
  const written = message.text(Member.consent)
  return (
    modes.find((mode) => mode === written) ??
    refuse(`"${consentKeys.mode}" must be one of ${modes.join(', ')}`)
  )
}

function refuse(problem: string): never {
  throw new GatewayError('params_invalid', { problem })
}
