import { GatewayError } from '../contract/gateway-error.ts'
import { fullAccess } from '../core/access/access.ts'
import type { Caller, Done, Phase } from '../core/call/call.ts'
import { Call } from '../core/call/call.ts'
import type { Era } from '../core/call/era.ts'
import { newestLegacy } from '../core/call/era.ts'
import { declineQuestion } from '../core/call/questions.ts'
import type { Question, Sink } from '../core/call/sink.ts'
import { requestFor } from '../core/eras/request.ts'
import { Slots } from '../kit/slots.ts'
import type { UpstreamEvents } from '../core/routing/upstream.ts'
import type { Bytes, ByteText, Payload } from '../wire/bytes.ts'
import { toJson } from '../wire/bytes.ts'
import { Member } from '../wire/members.ts'
import type { Message, ReadMessage } from '../wire/message.ts'
import { ScanError } from '../wire/scan-error.ts'
import { idIn } from './answer-id.ts'

/** A request on its way, where letting go of it means more than forgetting it. */
export interface Flight {
  abandon(): void
  /** Tells the server that it is not wanted any more, where one word about it may not be enough. */
  cancel?(payload: Payload): void
}

/** How bytes reach the server. */
export interface Transmit {
  /** Sends a request; returns what lets go of it on this wire. */
  request(call: Call, id: number, payload: Payload): Flight | undefined
  /** Sends a notification or an answer. */
  post(payload: Payload): void
}

interface Pending {
  readonly call: Call
  readonly done: Done
}

/** One conversation with one server: our ids, who waits for which, and what the server says by itself. */
export interface Dialogue {
  send(call: Call, done: Done): void
  request(method: string, params: ByteText, timeoutMs: number): Promise<Message>
  /** Takes one message; `id` says on which request's own stream it came, where the wire has such streams. */
  receive(bytes: Bytes, id?: number): void
  isWaiting(id: number): boolean
  /** The request will not be answered. */
  fail(id: number, error: GatewayError, phase: Phase): void
  /** Nothing will be answered any more. */
  close(reason: string): void
  readonly pending: number
}

export interface DialogueOptions {
  readonly server: string
  readonly era: Era
  readonly transmit: Transmit
  readonly events: UpstreamEvents
  readonly read: ReadMessage
  /** Cancels over this wire need a message; where each request has its own stream, ending it is enough for modern servers. */
  readonly cancelByMessage: boolean
}

const silentSink: Sink = {
  progress() {},
  log() {},
  ask: (question) => declineQuestion(question, 'nobody is there to ask'),
}

/** Requests of the gateway's own never have anything shown to anybody. */
const ownPrincipal = 'gantry'

const gatewayCaller: Omit<Caller, 'era'> = {
  protocolVersion: newestLegacy,
  principal: ownPrincipal,
  access: fullAccess(ownPrincipal),
  capabilities: '{}',
  clientInfo: undefined,
  session: undefined,
}

export function createDialogue(options: DialogueOptions): Dialogue {
  return new Conversation(options)
}

/** There may be thousands: its methods are not made for each. */
class Conversation implements Dialogue {
  readonly #options: DialogueOptions
  readonly #pending = new Slots<Pending>()
  /** Made for the first one: most servers never ask. */
  #questions: Map<ByteText, Question> | undefined
  #closedReason: string | undefined

  constructor(options: DialogueOptions) {
    this.#options = options
  }

  get pending(): number {
    return this.#pending.size
  }

  isWaiting(id: number): boolean {
    return this.#pending.get(id) !== undefined
  }

  send(call: Call, done: Done): void {
    const { server, era } = this.#options
    if (this.#closedReason !== undefined) {
      const error = new GatewayError('server_unreachable', { server, reason: this.#closedReason })
      return done({ kind: 'failure', error, phase: 'not_sent' })
    }
    const id = this.#pending.add({ call, done })
    if (id === undefined) {
      const error = new GatewayError('server_overloaded', { server, waiting: this.#pending.size })
      return done({ kind: 'failure', error, phase: 'not_sent' })
    }
    const flight = this.#options.transmit.request(call, id, requestFor(era, call, id))
    call.abort = (error) => {
      if (!this.#pending.take(id)) return
      flight?.abandon()
      if (this.#options.cancelByMessage) this.#tell(flight, cancellation(id, error.message))
      done({ kind: 'failure', error, phase: 'maybe_sent' })
    }
  }

  #tell(flight: Flight | undefined, payload: Payload): void {
    if (flight?.cancel) flight.cancel(payload)
    else this.#options.transmit.post(payload)
  }

  request(method: string, params: ByteText, timeoutMs: number): Promise<Message> {
    const { server, era } = this.#options
    const message = this.#options.read(
      Buffer.from(`{"jsonrpc":"2.0","id":0,"method":"${method}","params":${params}}`, 'latin1'),
    )
    return new Promise((resolve, reject) => {
      const call = new Call({
        message,
        method,
        caller: { ...gatewayCaller, era },
        server,
        target: undefined,
        requestState: undefined,
        paramHeaders: '',
        logLevel: undefined,
        timeoutMs,
        totalTimeoutMs: timeoutMs,
        isRepeatable: true,
        sink: silentSink,
      })
      const giveUp = () => call.cancel(new GatewayError('deadline_exceeded', { server, timeoutMs }))
      // An answer that came while the gateway itself was not running is there already: it is read first.
      const timer = setTimeout(() => setImmediate(giveUp), timeoutMs)
      this.send(call, (outcome) => {
        clearTimeout(timer)
        if (outcome.kind === 'reply') resolve(outcome.reply)
        else reject(outcome.error)
      })
    })
  }

  receive(bytes: Bytes, id?: number): void {
    let message: Message
    try {
      message = this.#options.read(bytes)
    } catch (error) {
      if (!(error instanceof ScanError)) throw error
      this.#options.events.noise('unreadable')
      const whose = id ?? idIn(Buffer.isBuffer(bytes) ? bytes : (bytes[0] ?? noBytes))
      if (whose !== undefined) this.fail(whose, this.#unreadable(error), 'maybe_sent')
      return
    }
    if (message.kind === 'response') this.#answered(message, id)
    else if (message.kind === 'notification') this.#notified(message, id)
    else this.#asked(message, id)
  }

  #answered(reply: Message, stream: number | undefined): void {
    const raw = reply.raw(Member.id)
    // A server that could not read our request refuses it without an id: on a stream of its own we know whose it is.
    const isNameless = reply.isError && (raw === undefined || raw === 'null')
    const id = isNameless && stream !== undefined ? stream : Number(raw)
    if (isNameless ? stream === undefined : String(id) !== raw)
      return this.#options.events.noise('forged')
    if (stream !== undefined && stream !== id) return this.#options.events.noise('forged')
    const waiting = this.#pending.take(id)
    if (!waiting) return this.#options.events.noise(this.#pending.hasGiven(id) ? 'late' : 'forged')
    waiting.call.abort = undefined
    waiting.done({ kind: 'reply', reply, era: this.#options.era })
  }

  #notified(message: Message, stream: number | undefined): void {
    switch (message.method) {
      case 'notifications/progress': {
        const call = this.#pending.get(Number(message.raw(Member.progressToken)))?.call
        call?.deadline?.prolong(call)
        return call?.spec.sink.progress(message)
      }
      case 'notifications/subscriptions/acknowledged':
        return this.#pending
          .get(Number(message.raw(Member.subscriptionId)))
          ?.call.spec.sink.acknowledged?.()
      case 'notifications/message': {
        const call = this.#owner(stream)
        return call ? call.spec.sink.log(message) : this.#options.events.logged(message)
      }
      case 'notifications/tools/list_changed':
        return this.#options.events.listChanged('tools')
      case 'notifications/prompts/list_changed':
        return this.#options.events.listChanged('prompts')
      case 'notifications/resources/list_changed':
        this.#options.events.listChanged('resources')
        return this.#options.events.listChanged('templates')
      case 'notifications/resources/updated':
        return this.#options.events.resourceUpdated(message.text(Member.uri) ?? '')
      case 'notifications/cancelled': {
        const question = this.#questions?.get(message.raw(Member.requestId) ?? '')
        this.#questions?.delete(message.raw(Member.requestId) ?? '')
        return question?.withdrawn?.()
      }
      default:
    }
  }

  /**
   * The call a message belongs to: the one whose stream it came on, else the only one there is, else
   * any of the only session that has calls here. Anything else would be a guess.
   */
  #owner(stream: number | undefined): Call | undefined {
    if (stream !== undefined) return this.#pending.get(stream)?.call
    let found: Call | undefined
    for (const [, { call }] of this.#pending.entries()) {
      const { session, principal } = call.spec.caller
      if (principal === ownPrincipal) continue
      if (found && (session === undefined || session !== found.spec.caller.session))
        return undefined
      found = call
    }
    return found
  }

  #asked(message: Message, stream: number | undefined): void {
    const id = message.raw(Member.id) ?? 'null'
    let isOpen = true
    const answer: Question['answer'] = (member, json) => {
      if (!isOpen) return
      isOpen = false
      this.#questions?.delete(id)
      this.#options.transmit.post(`{"jsonrpc":"2.0","id":${id},"${member}":${json}}`)
    }
    const { method } = message
    if (method === 'ping') return answer('result', '{}')
    if (!askable.has(method)) {
      return answer(
        'error',
        toJson({ code: -32601, message: `Method "${method}" is not known to gantry` }),
      )
    }
    const question: Question = { method, request: message, server: this.#options.server, answer }
    const call = this.#owner(stream)
    if (!call) return declineQuestion(question, 'it cannot be told which caller it is meant for')
    ;(this.#questions ??= new Map()).set(id, question)
    call.spec.sink.ask(question)
  }

  fail(id: number, error: GatewayError, phase: Phase): void {
    const waiting = this.#pending.take(id)
    if (!waiting) return
    waiting.call.abort = undefined
    waiting.done({ kind: 'failure', error, phase })
  }

  #unreadable(error: ScanError): GatewayError {
    return new GatewayError(
      'server_answer_invalid',
      { server: this.#options.server, problem: `${error.message} at byte ${error.offset}` },
      { cause: error },
    )
  }

  close(reason: string): void {
    if (this.#closedReason !== undefined) return
    this.#closedReason = reason
    const { server } = this.#options
    const error = new GatewayError('server_lost', { server, reason })
    for (const [id] of this.#pending.entries()) this.fail(id, error, 'maybe_sent')
    for (const question of this.#questions?.values() ?? []) question.withdrawn?.()
    this.#questions = undefined
  }
}

const noBytes = Buffer.alloc(0)

const askable = new Set(['sampling/createMessage', 'elicitation/create', 'roots/list'])

function cancellation(id: number, reason: string): ByteText {
  return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":${toJson(reason)}}}`
}
