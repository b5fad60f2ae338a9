import type { Payload } from '../../wire/bytes.ts'
import { payloadLength } from '../../wire/bytes.ts'

interface Kept {
  readonly number: number
  readonly payload: Payload
}

const limitEvents = 256
const limitBytes = 1024 * 1024

/** The events of one stream, so that a client that lost it can be shown what it missed. */
export class EventLog {
  /** Tells this stream from the others of its session. */
  readonly stream: number
  #kept: Kept[] = []
  #bytes = 0
  #last = 0

  constructor(stream: number) {
    this.stream = stream
  }

  /** The id of the newest event. */
  get id(): string {
    return `${this.stream}-${this.#last}`
  }

  /** The newest are kept, and the last of all is the answer. */
  add(payload: Payload): void {
    this.#last++
    this.#kept.push({ number: this.#last, payload })
    this.#bytes += payloadLength(payload)
    while (this.#kept.length > 1 && this.#isFull) {
      const oldest = this.#kept.shift()
      if (oldest) this.#bytes -= payloadLength(oldest.payload)
    }
  }

  /** What came after the event of this number. */
  *after(number: number): Iterable<{ readonly id: string; readonly payload: Payload }> {
    for (const { number: own, payload } of this.#kept)
      if (own > number) yield { id: `${this.stream}-${own}`, payload }
  }

  get #isFull(): boolean {
    return this.#kept.length > limitEvents || this.#bytes > limitBytes
  }
}

/** Which stream, and which of its events a client saw last; undefined when the id is not one of ours. */
export function parseEventId(
  id: string,
): { readonly stream: number; readonly number: number } | undefined {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(id)
  return match ? { stream: Number(match[1]), number: Number(match[2]) } : undefined
}
