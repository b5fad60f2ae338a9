import type { SaveBytes } from './bytes.ts'
import type { ChatLink, GrantShown } from './link.ts'
import type { Models } from '../../assistant/models.ts'
import type { Session } from './session.ts'
import type { ConversationStore } from './store.ts'
import type { Ui } from './terminal/ui.ts'

/** All that a command of the chat may use. */
export interface Chat {
  readonly ui: Ui
  readonly session: Session
  readonly link: ChatLink
  readonly models: Models
  readonly store: ConversationStore
  /** What the person allowed in this chat. */
  readonly granted: () => readonly GrantShown[]
  readonly save: SaveBytes
  readonly cwd: string
  /** Sends what was typed, or without it what the conversation holds, and shows what comes of it. */
  readonly say: (text: string | undefined) => Promise<void>
  /** Ends when the person interrupts the command. */
  readonly signal: AbortSignal
}

/** A word after a slash. */
export interface Command {
  readonly name: string
  readonly usage: string
  readonly summary: string
  /** `leave` ends the chat. */
  readonly run: (rest: string, chat: Chat) => Promise<'leave' | undefined>
}
