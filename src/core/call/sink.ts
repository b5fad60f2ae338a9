import type { ByteText } from '../../wire/bytes.ts'
import type { Message } from '../../wire/message.ts'

/** What comes to a caller before the outcome of its call. */
export interface Sink {
  /** A progress report, carrying the token we gave the server. */
  progress(notification: Message): void
  /** A log message that belongs to this call. */
  log(notification: Message): void
  /** The server has begun to tell what this call asked to hear of. */
  acknowledged?(): void
  /** A request from a legacy server that only this call's client can answer. */
  ask(question: Question): void
}

export interface Question {
  readonly method: string
  readonly request: Message
  /** The server's name, for the person who is asked. */
  readonly server: string
  /** Answers the server: the `result` or `error` member, as JSON. Only the first answer counts. */
  answer(member: 'result' | 'error', json: ByteText): void
  /** Set by whoever shows the question: told when the server no longer waits. */
  withdrawn?: (() => void) | undefined
}
