import type { GatewayError } from '../../contract/gateway-error.ts'
import type { Chain, ChainLink } from '../../kit/chain.ts'
import type { ByteText } from '../../wire/bytes.ts'
import type { Access } from '../access/access.ts'
import type { Entry } from '../catalog/listing.ts'
import type { ConsentFact } from '../consent/fact.ts'
import type { Message } from '../../wire/message.ts'
import type { Era, LogLevel } from './era.ts'
import type { Sink } from './sink.ts'
import type { Guard, ToolGuard } from '../pipeline/guard.ts'
import type { ServerStats } from '../observe/server-stats.ts'
import type { CallTrace } from '../observe/trace.ts'

/** Who sent a request, and what they can do. */
export interface Caller {
  readonly era: Era
  readonly protocolVersion: string
  /** Who is behind the client; everything local is one principal. */
  readonly principal: string
  /** What they may do. */
  readonly access: Access
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
  /** The approval a modern client was asked for, when it returned a state of our own. */
  readonly approval?: string | undefined
  /** `Mcp-Param-*` header lines for servers that want arguments mirrored. */
  readonly paramHeaders: ByteText
  readonly logLevel: LogLevel | undefined
  /** How long it may go without an answer or progress. */
  readonly timeoutMs: number
  /** How long it may take in all. */
  readonly totalTimeoutMs: number
  /** Doing it twice is as good as once: the retry rule may send it again. */
  readonly isRepeatable: boolean
  readonly sink: Sink
}

/** A client's request: unlike those of the gateway's own it passes the rules. */
export interface RoutedSpec extends CallSpec {
  /** Where it goes. A call keeps its destination, also when the configuration changes meanwhile. */
  readonly to: Destination
  /** The tool it is for, as its server wrote it; undefined when it is for none. */
  readonly entry: Entry | undefined
  /** The bounds of the one tool it is for, when that has its own. */
  readonly tool: ToolGuard | undefined
}

/** How far a request got before it failed: nothing written, something written, or answered. */
export type Phase = 'not_sent' | 'maybe_sent' | 'answered'

export type Outcome =
  /** What the server said: a result, an error, a question as `input_required`, or a task. */
  | {
      readonly kind: 'reply'
      readonly reply: Message
      readonly era: Era
      /** The gateway asks back: the server has not heard of the call. */
      readonly isOurs?: true
    }
  | { readonly kind: 'failure'; readonly error: GatewayError; readonly phase: Phase }

/** Told the outcome, once. */
export type Done = (outcome: Outcome) => void

/** One step on the way to a server: it calls `done` exactly once, whatever happens. */
export type Step = (call: RoutedCall, done: Done) => void

/** A rule wraps the next step. */
export type Rule = (next: Step) => Step

/** A server as the rules see it: what it can bear, how it has been, and the way to it. */
export interface Destination {
  readonly guard: Guard
  readonly stats: ServerStats
  readonly send: Step
  /** Whether calls of this tool are refused until somebody has looked at it. */
  holds(tool: string): boolean
  /** The tool as it is listed now. */
  current?(tool: string): Entry | undefined
  /** A call got no answer in its time. */
  timedOut(): void
  /** So many calls failed that it is left alone for a while. */
  rests(): void
}

/** Gives a call its whole time again: its server shows that it is at work. */
export interface Deadline {
  prolong(call: Call): void
}

/** One request on its way to one server. */
export class Call<Spec extends CallSpec = CallSpec> {
  readonly spec: Spec
  attempts = 0
  /** Why the caller, the deadline or a shutdown gave it up. */
  cancelled: GatewayError | undefined
  /** How long it waited for somebody to decide. */
  heldMs = 0
  /** Who let it through where somebody had to, and which rule wanted that. */
  consent: ConsentFact | undefined
  /** Whether the tool is still what somebody looked at when they let the call through. */
  isStillMeant: (() => boolean) | undefined
  /** Set by whoever holds the call at the moment: lets go of it and reports a failure. */
  abort: ((error: GatewayError) => void) | undefined
  /** How a trace follows it, when somebody collects traces. */
  trace: CallTrace | undefined
  /** Who ends it when its time is over, and where that keeps it. */
  deadline: Deadline | undefined
  /** The turns of the wheel at which its time is over: without a sign of life, and in all. */
  dueTick = 0
  lastTick = 0
  slot: Chain<Call> | undefined
  link: ChainLink<Call> | undefined

  constructor(spec: Spec) {
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

export type RoutedCall = Call<RoutedSpec>
