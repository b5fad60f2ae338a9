import type { SaveBytes } from './bytes.ts'
import type { ChatLink } from './link.ts'
import type { Models } from '../../assistant/models.ts'
import type { ChatSettings } from './session.ts'

/** What a chat is started with. */
export interface ChatOptions {
  readonly link: ChatLink
  readonly models: Models
  /** The model to begin with; left out, the one that is set up. */
  readonly model: string | undefined
  readonly settings: ChatSettings
  /** Tools that are allowed beforehand, as `files/read_*`. */
  readonly allow: readonly string[]
  /** The begin of the id of an earlier conversation; `true` for the newest. */
  readonly resume: string | true | undefined
  readonly save: SaveBytes
  /** Where conversations and what was typed are kept. */
  readonly folder: string
  readonly cwd: string
  readonly hasColor: boolean
  /** Ends the chat. */
  readonly signal: AbortSignal
}
