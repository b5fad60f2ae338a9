import type { Access } from '../access/access.ts'
import type { Payload } from '../../wire/bytes.ts'

/** Where the answer of one request goes, and what comes before it. */
export interface Exchange {
  /** Sends a notification or a question ahead of the answer; false when this client cannot take any. */
  notify(payload: Payload): boolean
  /** The answer, once. */
  answer(payload: Payload, status?: number): void
}

/** What a door shows, and to whom: everything, one server under its own names, or a profile. */
export interface Scope {
  readonly server: string | undefined
  readonly profile: string | undefined
  readonly access: Access
}
