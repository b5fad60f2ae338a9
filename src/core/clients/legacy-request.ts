import { GatewayError } from '../../contract/gateway-error.ts'
import type { ChainLink } from '../../kit/chain.ts'
import type { ByteText, Edit, Payload } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import type { Call, Caller, Outcome } from '../call/call.ts'
import type { Question, Sink } from '../call/sink.ts'
import { callFaultJson, errorAnswer } from '../eras/fault.ts'
import { replyFor } from '../eras/reply.ts'
import type { Exchange } from './exchange.ts'
import { withToken } from './notifications.ts'

/** What a request needs of the session it belongs to. */
export interface RequestHost {
  readonly caller: Caller
  wantsLog(notification: Message): boolean
  ask(question: Question, request: LegacyRequest): void
  finished(request: LegacyRequest): void
}

/** A request of a legacy client that is under way at a server. */
export class LegacyRequest implements Sink {
  readonly id: ByteText
  readonly exchange: Exchange
  /** Its place among the requests of its session. */
  link: ChainLink<LegacyRequest> | undefined
  call: Call | undefined
  /** What its server asked the client meanwhile. */
  questions: Set<ByteText> | undefined
  readonly #message: Message
  readonly #host: RequestHost

  constructor(id: ByteText, message: Message, exchange: Exchange, host: RequestHost) {
    this.id = id
    this.exchange = exchange
    this.#message = message
    this.#host = host
  }

  progress(notification: Message): void {
    const token = this.#message.raw(Member.metaProgressToken)
    if (token !== undefined) this.exchange.notify(withToken(notification, token))
  }

  log(notification: Message): void {
    if (this.#host.wantsLog(notification)) this.exchange.notify(notification.payload)
  }

  ask(question: Question): void {
    this.#host.ask(question, this)
  }

  settle(outcome: Outcome, edits: readonly Edit[], call: Call): void {
    this.#host.finished(this)
    this.exchange.answer(this.#answer(outcome, edits, call))
  }

  #answer(outcome: Outcome, edits: readonly Edit[], call: Call): Payload {
    const { id } = this
    if (outcome.kind === 'failure') {
      return errorAnswer(id, callFaultJson(outcome.error, call, outcome.phase))
    }
    const { reply, era } = outcome
    const { method } = this.#message
    if (era === 'modern' && reply.text(Member.resultType) === 'input_required') {
      const reason = 'this client speaks another era of the protocol'
      const error = new GatewayError('question_refused', { method, reason })
      return errorAnswer(id, callFaultJson(error, call, 'answered'))
    }
    return replyFor(era, reply, { id, method, caller: this.#host.caller, uri: undefined }, edits)
  }
}
