import type { Payload } from '../../wire/bytes.ts'

/** One conversation among several over a connection that somebody else holds. */
export interface MessageStream {
  /** Replaced by whoever reads at the moment. */
  onMessage: (bytes: Buffer) => void
  /** Told once that nothing will come any more, and which messages, by their tags, were never sent. */
  onEnd: (reason: string, unsent: readonly number[]) => void
  /** Sends a message when its turn comes. */
  send(payload: Payload, tag?: number): void
  /** What waits to be sent, over all conversations on the connection. */
  readonly waitingBytes: number
  /** The other side broke the rules; whoever holds the connection decides how often it may. */
  strike(what: string): void
  close(reason: string): void
}
