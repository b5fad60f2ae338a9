import { FromGateway, streamFrames } from '../../contract/agents.ts'
import type { Offered, Welcome } from '../../contract/agents.ts'
import type { Payload } from '../../wire/bytes.ts'
import type { FrameSocket } from '../../wire/multiplex.ts'
import { Multiplex } from '../../wire/multiplex.ts'

/** The connection as the session sees it. */
export interface HubSocket extends FrameSocket {
  say(frame: string): void
}

/** One conversation of the gateway with a server here. */
export interface Conversation {
  receive(bytes: Buffer): void
  end(reason: string): void
}

export interface AgentSessionOptions {
  /** What is offered at the moment. */
  readonly servers: () => readonly Offered[]
  /** Begins a conversation; undefined when the server is not offered. */
  readonly open: (server: string, write: (payload: Payload) => void) => Conversation | undefined
}

const windowBytes = 1024 * 1024

/** What is under way between the gateway and the servers here, over one connection after the other. */
export class AgentSession {
  readonly #options: AgentSessionOptions
  #socket: HubSocket | undefined
  #token: string | undefined
  /** As it was last told. */
  #offer = ''
  #frameBytes = 0
  #multiplex = this.#createMultiplex()
  #conversations = new Map<number, Conversation>()

  constructor(options: AgentSessionOptions) {
    this.#options = options
  }

  /** What the gateway needs to go on with the session of before. */
  get resume(): { readonly session: string; readonly received: number } | undefined {
    return this.#token === undefined
      ? undefined
      : { session: this.#token, received: this.#multiplex.received }
  }

  /** The largest message the gateway takes. */
  get frameBytes(): number {
    return this.#frameBytes
  }

  /** What waits to be sent. */
  get waitingBytes(): number {
    return this.#multiplex.waitingBytes
  }

  get conversations(): number {
    return this.#conversations.size
  }

  /** The gateway let us in; false when it counts otherwise than we do. */
  welcomed(socket: HubSocket, { session, resumed, received, frameBytes }: Welcome): boolean {
    this.#frameBytes = frameBytes
    if (!resumed) this.#begin(session)
    this.#socket = socket
    if (!this.#multiplex.attach(socket, received)) return false
    this.#tell(this.#currentOffer())
    return true
  }

  lost(): void {
    this.#socket = undefined
    this.#multiplex.detach()
  }

  /** Takes a binary message; false when it breaks the protocol. */
  arrived(frame: Buffer): boolean {
    const arrived = this.#multiplex.take(frame)
    if (!arrived) return false
    const { kind, stream, content } = arrived
    if (kind === streamFrames.open) this.#open(stream, content.toString())
    else if (kind === streamFrames.message) this.#conversations.get(stream)?.receive(content)
    else if (kind === streamFrames.close) this.#close(stream, content.toString())
    else return false
    return true
  }

  /** Takes a text after the welcome; gives why the gateway leaves, if it does, and false when it breaks the protocol. */
  told(text: Buffer): boolean {
    const frame = FromGateway.safeParse(parsed(text)).data
    if (frame?.type === 'ack') return this.#multiplex.arrived(frame.received)
    return frame?.type === 'bye'
  }

  /** Called about once a second. */
  sweep(): void {
    if (!this.#socket) return
    this.#multiplex.acknowledge()
    const offer = this.#currentOffer()
    if (offer !== this.#offer) this.#tell(offer)
  }

  end(reason: string): void {
    for (const conversation of this.#conversations.values()) conversation.end(reason)
    this.#conversations.clear()
    this.#token = undefined
  }

  #currentOffer(): string {
    return JSON.stringify({ type: 'offer', servers: this.#options.servers() })
  }

  #tell(offer: string): void {
    this.#offer = offer
    this.#socket?.say(offer)
  }

  /** A session of its own: who asked something in the one before will not hear of it. */
  #begin(token: string): void {
    this.end('the gateway gave up the session')
    this.#token = token
    this.#multiplex = this.#createMultiplex()
  }

  #createMultiplex(): Multiplex {
    return new Multiplex({
      windowBytes,
      acknowledge: (received) => this.#socket?.say(JSON.stringify({ type: 'ack', received })),
    })
  }

  #open(stream: number, server: string): void {
    const multiplex = this.#multiplex
    const write = (payload: Payload) => multiplex.send(streamFrames.message, stream, payload)
    const conversation = this.#options.open(server, write)
    if (conversation) this.#conversations.set(stream, conversation)
    else multiplex.send(streamFrames.close, stream, 'it is not offered here')
  }

  #close(stream: number, reason: string): void {
    const conversation = this.#conversations.get(stream)
    this.#conversations.delete(stream)
    this.#multiplex.drop(stream)
    conversation?.end(reason || 'the gateway closed it')
  }
}

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString())
  } catch {
    // Told apart by the schema: no frame is undefined.
    return undefined
  }
}
