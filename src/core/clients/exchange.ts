import type { Payload } from '../../wire/bytes.ts'

/** Where the answer of one request goes, and what comes before it. */
export interface Exchange {
  /** Sends a notification or a question ahead of the answer; false when this client cannot take any. */
  notify(payload: Payload): boolean
  /** The answer, once. */
  answer(payload: Payload, status?: number): void
}

/** What a door shows: everything, or one server. */
export interface Scope {
  readonly server: string | undefined
}
