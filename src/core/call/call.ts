import type { GatewayError } from '../../contract/gateway-error.ts'
import type { Chain, ChainLink } from '../../kit/chain.ts'
import type { ByteText } from '../../wire/bytes.ts'
import type { Message } from '../../wire/message.ts'
import type { Era, LogLevel } from './era.ts'
import type { Sink } from './sink.ts'

/** Who sent a request, and what they can do. */
export interface Caller {
  readonly era: Era
  readonly protocolVersion: string
  /** Who is behind the client; everything local is one principal. */
  readonly principal: string
  /** The client's capabilities, as JSON. */
  readonly capabilities: ByteText
  /** The client's name and version, as JSON. */
  readonly clientInfo: ByteText | undefined
  /** The legacy session the request belongs to: what a server asks is shown to one session only. */
  readonly session: string | undefined
}

export interface CallSpec {
  readonly message: Message
  readonly method: string
  readonly caller: Caller
  readonly server: string
  /** The tool, prompt or URI in the server's own spelling, as a JSON string; undefined when it is as sent. */
  readonly target: ByteText | undefined
  /** The request state in the server's own words, as JSON, when the client returned one of ours. */
  readonly requestState: ByteText | undefined
  /** `Mcp-Param-*` header lines for servers that want arguments mirrored. */
  readonly paramHeaders: ByteText
  readonly logLevel: LogLevel | undefined
  readonly timeoutMs: number
  /** Doing it twice is as good as once: the retry rule may send it again. */
  readonly isRepeatable: boolean
  readonly sink: Sink
}

/** How far a request got before it failed: nothing written, something written, or answered. */
export type Phase = 'not_sent' | 'maybe_sent' | 'answered'

export type Outcome =
  /** What the server said: a result, an error, a question as `input_required`, or a task. */
  | { readonly kind: 'reply'; readonly reply: Message; readonly era: Era }
  | { readonly kind: 'failure'; readonly error: GatewayError; readonly phase: Phase }

/** Told the outcome, once. */
export type Done = (outcome: Outcome) => void

/** One step on the way to a server: it calls `done` exactly once, whatever happens. */
export type Step = (call: Call, done: Done) => void

/** A rule wraps the next step. */
export type Rule = (next: Step) => Step

/** Gives a call its whole time again: its server shows that it is at work. */
export interface Deadline {
  prolong(call: Call): void
}

/** One request on its way to one server. */
export class Call {
  readonly spec: CallSpec
  attempts = 0
  /** Why the caller, the deadline or a shutdown gave it up. */
  cancelled: GatewayError | undefined
  /** Set by whoever holds the call at the moment: lets go of it and reports a failure. */
  abort: ((error: GatewayError) => void) | undefined
  /** Who ends it when its time is over, and where that keeps it. */
  deadline: Deadline | undefined
  slot: Chain<Call> | undefined
  link: ChainLink<Call> | undefined

  constructor(spec: CallSpec) {
    this.spec = spec
  }

  cancel(error: GatewayError): void {
    if (this.cancelled) return
    this.cancelled = error
    const { abort } = this
    this.abort = undefined
    abort?.(error)
  }
}
