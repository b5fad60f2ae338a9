import { streamFrames } from '../../contract/agents.ts'
import type { MessageStream } from '../../core/routing/message-stream.ts'
import type { Payload } from '../../wire/bytes.ts'
import type { Multiplex } from '../../wire/multiplex.ts'

/** What a stream needs of the session it belongs to. */
export interface StreamOwner {
  readonly multiplex: Multiplex
  /** Why the session is over, once it is. */
  readonly endReason: string | undefined
  strike(what: string): void
  forget(stream: number): void
}

/** A conversation of the gateway with one server of an agent. */
export class AgentStream implements MessageStream {
  onMessage: (bytes: Buffer) => void = () => {}
  onEnd: (reason: string, unsent: readonly number[]) => void = () => {}
  readonly #id: number
  readonly #owner: StreamOwner
  #isOpen = true

  constructor(id: number, owner: StreamOwner) {
    this.#id = id
    this.#owner = owner
  }

  get waitingBytes(): number {
    return this.#owner.multiplex.waitingBytes
  }

  send(payload: Payload, tag?: number): void {
    if (this.#isOpen) this.#owner.multiplex.send(streamFrames.message, this.#id, payload, tag)
  }

  strike(what: string): void {
    this.#owner.strike(what)
  }

  close(reason: string): void {
    if (!this.#isOpen) return
    const { multiplex, endReason } = this.#owner
    const unsent = multiplex.drop(this.#id)
    if (endReason === undefined) multiplex.send(streamFrames.close, this.#id, [Buffer.from(reason)])
    this.#end(endReason ?? reason, unsent)
  }

  /** The agent ended it. */
  closed(reason: string): void {
    if (this.#isOpen) this.#end(reason, this.#owner.multiplex.drop(this.#id))
  }

  #end(reason: string, unsent: readonly number[]): void {
    this.#isOpen = false
    this.#owner.forget(this.#id)
    // What opens the stream has no tag.
    this.onEnd(
      reason,
      unsent.filter((tag) => tag !== 0),
    )
  }
}
