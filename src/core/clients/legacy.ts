import { GatewayError } from '../../contract/gateway-error.ts'
import { Chain } from '../../kit/chain.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import type { Caller } from '../call/call.ts'
import type { LogLevel } from '../call/era.ts'
import { isLogLevel, legacyVersions, newestLegacy } from '../call/era.ts'
import type { Question } from '../call/sink.ts'
import { kindOfMethod } from '../catalog/listing.ts'
import { sessionConversation } from '../consent/ask.ts'
import { errorAnswer, faultJson, resultAnswer } from '../eras/fault.ts'
import type { Gateway } from '../gateway.ts'
import type { Listener } from '../routing/interests.ts'
import type { ListKind } from '../routing/upstream.ts'
import type { Exchange, Scope } from './exchange.ts'
import { LegacyRequest } from './legacy-request.ts'
import type { RequestHost } from './legacy-request.ts'
import { isSevere, levelIn } from './notifications.ts'
import { capabilitiesOf, instructionsOf, isShown, listAnswer, ownInfo } from './offer.ts'
import { listsToWaitFor } from './waiting.ts'
import { canAnswer, declineQuestion } from '../call/questions.ts'

export interface LegacySessionOptions {
  readonly id: string
  readonly gateway: Gateway
  readonly scope: Scope
  readonly initialize: Message
}

interface InitializeParams {
  readonly protocolVersion?: unknown
  readonly capabilities?: Readonly<Record<string, unknown>>
  readonly clientInfo?: unknown
}

/** A client of the eras that open with `initialize`: what it can do, what it asked, what it was asked. */
export class LegacySession {
  readonly id: string
  readonly protocolVersion: string
  readonly caller: Caller
  /** Where the gateway speaks by itself: the GET stream, or the only channel there is. False when nobody hears it. */
  channel: ((payload: Payload) => boolean) | undefined
  readonly #gateway: Gateway
  readonly #scope: Scope
  readonly #capabilities: Readonly<Record<string, unknown>>
  readonly #calls = new Chain<LegacyRequest>()
  readonly #questions = new Map<ByteText, Question>()
  readonly #follows = new Map<string, Set<string>>()
  readonly #listener: Listener
  /** Changes that nobody was there to hear of. */
  readonly #missed = new Set<string>()
  #level: LogLevel | undefined
  #nextQuestion = 1
  readonly #host: RequestHost

  constructor({ id, gateway, scope, initialize }: LegacySessionOptions) {
    const params = (initialize.parsed(Member.params) ?? {}) as InitializeParams
    this.id = id
    this.#gateway = gateway
    this.#scope = scope
    this.#capabilities = params.capabilities ?? {}
    this.protocolVersion = isKnownVersion(params.protocolVersion)
      ? params.protocolVersion
      : newestLegacy
    this.caller = {
      era: 'legacy',
      protocolVersion: this.protocolVersion,
      principal: scope.access.principal,
      access: scope.access,
      capabilities: toJson(this.#capabilities),
      clientInfo: params.clientInfo === undefined ? undefined : toJson(params.clientInfo),
      session: id,
    }
    this.#host = {
      caller: this.caller,
      wantsLog: (message) => this.#level === undefined || isSevere(message, this.#level),
      ask: (question, request) => this.#ask(question, request),
      finished: (request) => {
        if (request.link) this.#calls.remove(request.link)
        if (request.questions) this.#withdraw(request.questions)
      },
    }
    this.#listener = {
      hears: (server) => isShown(gateway, scope, server),
      follows: this.#follows,
      listsChanged: (kinds) => this.#listsChanged(kinds),
      resourceUpdated: (server, uri) => {
        const shown = toJson(gateway.view(scope).shownUri(server, uri))
        this.#say(
          `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":${shown}}}`,
        )
      },
    }
    gateway.interests.add(this.#listener)
  }

  get callsInFlight(): number {
    return this.#calls.size
  }

  /** The answer to `initialize`. */
  greet(id: ByteText): ByteText {
    const instructions = instructionsOf(this.#gateway, this.#scope)
    const rest = toJson({
      protocolVersion: this.protocolVersion,
      capabilities: capabilitiesOf(this.#gateway, this.#scope),
      ...(instructions !== undefined && { instructions }),
    })
    return resultAnswer(
      id,
      `${rest.slice(0, -1)},"serverInfo":${ownInfo(this.#gateway, this.#scope)}}`,
    )
  }

  /** Takes any message of this client; requests are answered on `exchange`. */
  receive(message: Message, exchange: Exchange): void {
    if (message.kind === 'request') this.#request(message, exchange)
    else if (message.kind === 'notification') this.#notified(message)
    else this.#answered(message)
  }

  /** The stream on which the gateway speaks by itself is open (again). */
  attach(channel: (payload: Payload) => boolean): void {
    this.channel = channel
    const missed = [...this.#missed]
    this.#missed.clear()
    for (const method of missed) this.#say(`{"jsonrpc":"2.0","method":"${method}"}`)
  }

  /** A log message that belongs to no call. */
  log(message: Message, server: string): void {
    if (!isShown(this.#gateway, this.#scope, server)) return
    if (this.#host.wantsLog(message)) this.channel?.(message.payload)
  }

  /** Gives up the request that is answered on this exchange. */
  abandon(exchange: Exchange, reason: string): void {
    const request = this.#calls.find((one) => one.exchange === exchange)
    if (request) this.#giveUp(request, reason)
  }

  end(reason: string): void {
    this.#gateway.interests.remove(this.#listener)
    for (const request of this.#calls.takeAll()) giveUp(request, reason)
    for (const question of this.#questions.values()) declineQuestion(question, reason)
    this.#questions.clear()
    this.#gateway.consent.desk.forget(sessionConversation(this.id))
    for (const server of this.#gateway.servers)
      if (server.config.scope === 'session') server.endSession(this.id)
  }

  #request(message: Message, exchange: Exchange): void {
    const id = message.raw(Member.id) ?? 'null'
    try {
      if (this.#calls.find((asked) => asked.id === id)) {
        throw new GatewayError('request_invalid', { problem: `the id ${id} is already in use` })
      }
      const wait = listsToWaitFor(this.#gateway, this.#scope, message)
      if (wait)
        this.#beginAfter(wait, new LegacyRequest(id, message, exchange, this.#host), message)
      else this.#begin(message, id, exchange)
    } catch (error) {
      refuse(exchange, id, error)
    }
  }

  /** A request that waits is under way: its id is taken, and it can be cancelled. */
  #beginAfter(wait: Promise<void>, request: LegacyRequest, message: Message): void {
    const link = this.#calls.add(request)
    request.link = link
    void wait.then(() => {
      if (this.#calls.remove(link)) this.#begin(message, request.id, request.exchange)
    })
  }

  #begin(message: Message, id: ByteText, exchange: Exchange): void {
    try {
      const kind = kindOfMethod(message.method)
      if (kind) {
        const cursor = message.text(Member.cursor)
        return exchange.answer(
          listAnswer(this.#gateway, this.#scope, { id, kind, era: 'legacy', cursor }),
        )
      }
      if (!this.#local(message, id, exchange)) this.#relay(message, id, exchange)
    } catch (error) {
      refuse(exchange, id, error)
    }
  }

  /** What the gateway answers for its servers; false when it is theirs to answer. */
  #local(message: Message, id: ByteText, exchange: Exchange): boolean {
    switch (message.method) {
      case 'ping':
        exchange.answer(resultAnswer(id, '{}'))
        return true
      case 'logging/setLevel': {
        const level = levelIn(message)
        if (!isLogLevel(level))
          throw new GatewayError('params_invalid', { problem: `"${level}" is no log level` })
        this.#level = level
        for (const server of this.#gateway.servers) {
          if (isShown(this.#gateway, this.#scope, server.name)) server.wantLogs(level)
        }
        exchange.answer(resultAnswer(id, '{}'))
        return true
      }
      case 'resources/subscribe':
      case 'resources/unsubscribe':
        this.#follow(message, () => exchange.answer(resultAnswer(id, '{}')))
        return true
      case 'initialize':
        throw new GatewayError('request_invalid', {
          problem: 'this session is already initialized',
        })
      default:
        return false
    }
  }

  #follow(message: Message, done: () => void): void {
    const uri = message.text(Member.uri)
    if (uri === undefined)
      throw new GatewayError('params_invalid', { problem: '"uri" must be a string' })
    const target = this.#gateway.view(this.#scope).resource(uri)
    if (!target) throw new GatewayError('resource_unknown', { uri })
    const uris = this.#follows.get(target.server) ?? new Set()
    this.#follows.set(target.server, uris)
    if (message.method === 'resources/subscribe') uris.add(target.name)
    else uris.delete(target.name)
    const { interests } = this.#gateway
    interests.followsChanged()
    const { settling } = interests
    if (settling) void settling.then(done)
    else done()
  }

  #relay(message: Message, id: ByteText, exchange: Exchange): void {
    const request = new LegacyRequest(id, message, exchange, this.#host)
    request.link = this.#calls.add(request)
    const view = this.#gateway.view(this.#scope)
    try {
      request.call = this.#gateway.router.route(
        { message, caller: this.caller, view, logLevel: this.#level, sink: request },
        (outcome, edits, call) => request.settle(outcome, edits, call),
      )
    } catch (error) {
      this.#calls.remove(request.link)
      throw error
    }
  }

  /** Puts a server's question to this client, under an id of ours. */
  #ask(question: Question, request: LegacyRequest): void {
    if (!canAnswer(question, this.#capabilities)) {
      return declineQuestion(question, 'the client does not support it')
    }
    const id = `"gantry-${this.#nextQuestion++}"`
    const asked = question.request
    const edit = { start: asked.start(Member.id), end: asked.end(Member.id), text: id }
    const payload = asked.splice([edit])
    this.#questions.set(id, question)
    ;(request.questions ??= new Set()).add(id)
    question.withdrawn = () => this.#withdraw(new Set([id]))
    if (request.exchange.notify(payload) || this.channel?.(payload) === true) return
    this.#questions.delete(id)
    declineQuestion(question, 'the client takes no requests at the moment')
  }

  /** The client need not answer any more. */
  #withdraw(ids: ReadonlySet<ByteText>): void {
    for (const id of ids) {
      if (!this.#questions.delete(id)) continue
      this.#say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`)
    }
  }

  #answered(message: Message): void {
    const id = message.raw(Member.id) ?? ''
    const question = this.#questions.get(id)
    this.#questions.delete(id)
    if (message.isError) question?.answer('error', message.raw(Member.error) ?? '{}')
    else question?.answer('result', message.raw(Member.result) ?? '{}')
  }

  #notified(message: Message): void {
    if (message.method !== 'notifications/cancelled') return
    const id = message.raw(Member.requestId)
    const asked = this.#calls.find((one) => one.id === id)
    if (asked) this.#giveUp(asked, 'the client cancelled it')
  }

  #giveUp(request: LegacyRequest, reason: string): void {
    if (!request.call && request.link) this.#calls.remove(request.link)
    giveUp(request, reason)
  }

  #listsChanged(kinds: ReadonlySet<ListKind>): void {
    const methods = new Set<string>()
    if (kinds.has('tools')) methods.add('notifications/tools/list_changed')
    if (kinds.has('prompts')) methods.add('notifications/prompts/list_changed')
    if (kinds.has('resources') || kinds.has('templates'))
      methods.add('notifications/resources/list_changed')
    for (const method of methods) {
      if (!this.#say(`{"jsonrpc":"2.0","method":"${method}"}`)) this.#missed.add(method)
    }
  }

  #say(payload: Payload): boolean {
    return this.channel?.(payload) ?? false
  }
}

function isKnownVersion(version: unknown): version is (typeof legacyVersions)[number] {
  return legacyVersions.some((known) => known === version)
}

function giveUp({ call, exchange, id }: LegacyRequest, reason: string): void {
  const error = new GatewayError('call_cancelled', { reason })
  if (call) call.cancel(error)
  else refuse(exchange, id, error)
}

function refuse(exchange: Exchange, id: ByteText, error: unknown): void {
  if (!(error instanceof GatewayError)) throw error
  exchange.answer(errorAnswer(id, faultJson(error, { outcome: 'not_executed' })))
}
