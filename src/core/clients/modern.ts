import { GatewayError } from '../../contract/gateway-error.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { Member, metaKeys } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import type { Caller } from '../call/call.ts'
import type { Call } from '../call/call.ts'
import type { LogLevel } from '../call/era.ts'
import { isLogLevel, legacyVersions, logLevels, modernVersion } from '../call/era.ts'
import { declineQuestion } from '../call/questions.ts'
import type { Sink } from '../call/sink.ts'
import { kindOfMethod } from '../catalog/listing.ts'
import { callFaultJson, errorAnswer, faultJson } from '../eras/fault.ts'
import { replyFor } from '../eras/reply.ts'
import type { Gateway } from '../gateway.ts'
import type { Exchange, Scope } from './exchange.ts'
import { openListen } from './listen.ts'
import { isSevere, withToken } from './notifications.ts'
import { capabilitiesOf, identity, instructionsOf, listAnswer } from './offer.ts'
import { listsToWaitFor } from './waiting.ts'

export interface ModernRequest {
  readonly gateway: Gateway
  readonly scope: Scope
  readonly message: Message
  readonly exchange: Exchange
}

/** A request under way, from the client's side. */
export interface Underway {
  cancel(error: GatewayError): void
}

/** What is wrong with the envelope of a modern request, with the error code the specification gives it. */
export interface EnvelopeFault {
  readonly code: number
  readonly text: string
  readonly data?: unknown
}

export function envelopeFault(message: Message): EnvelopeFault | undefined {
  const version = message.text(Member.protocolVersion)
  if (version === undefined)
    return { code: -32602, text: `"${metaKeys.protocolVersion}" must be a string` }
  if (version !== modernVersion) {
    return {
      code: -32022,
      text: `Protocol version "${version}" is not supported`,
      data: { supported: [modernVersion, ...legacyVersions], requested: version },
    }
  }
  const capabilities = message.start(Member.clientCapabilities)
  if (capabilities === -1 || message.byteAt(capabilities) !== 0x7b) {
    return { code: -32602, text: `"${metaKeys.clientCapabilities}" must be an object` }
  }
  if (message.has(Member.clientInfo) && message.byteAt(message.start(Member.clientInfo)) !== 0x7b) {
    return { code: -32602, text: `"${metaKeys.clientInfo}" must be an object` }
  }
  if (message.has(Member.logLevel) && !isLogLevel(message.text(Member.logLevel))) {
    return { code: -32602, text: `"${metaKeys.logLevel}" must be one of ${logLevels.join(', ')}` }
  }
  return undefined
}

export function envelopeAnswer(id: ByteText, { code, text, data }: EnvelopeFault): ByteText {
  return errorAnswer(id, toJson({ code, message: text, ...(data !== undefined && { data }) }))
}

/** The HTTP status a JSON-RPC error of the modern era travels with. */
export function statusOf(code: string | undefined): number {
  switch (code) {
    case '-32601':
      return 404
    case '-32020':
    case '-32021':
    case '-32022':
    case '-32700':
    case '-32600':
      return 400
    case undefined:
    default:
      return 200
  }
}

/** Serves one request of the modern era; its envelope was checked before. */
export function serveModern(request: ModernRequest): Underway | undefined {
  const { gateway, scope, message, exchange } = request
  const id = message.raw(Member.id) ?? 'null'
  try {
    const wait = listsToWaitFor(gateway, scope, message)
    if (!wait) return begin(request, id)
    return afterwards(wait, request, id)
  } catch (error) {
    refuse(exchange, id, error)
    return undefined
  }
}

function afterwards(wait: Promise<void>, request: ModernRequest, id: ByteText): Underway {
  let inner: Underway | undefined
  let cancelled = false
  void wait.then(() => {
    if (cancelled) return
    try {
      inner = begin(request, id)
    } catch (error) {
      refuse(request.exchange, id, error)
    }
  })
  return {
    cancel(error) {
      cancelled = true
      inner?.cancel(error)
    },
  }
}

function begin(request: ModernRequest, id: ByteText): Underway | undefined {
  const { gateway, scope, message, exchange } = request
  const { method } = message
  if (method === 'server/discover') {
    exchange.answer(discoverAnswer(gateway, scope, id))
    return undefined
  }
  if (method === 'subscriptions/listen') return openListen(gateway, scope, message, exchange)
  const kind = kindOfMethod(method)
  if (kind) {
    exchange.answer(
      listAnswer(gateway, scope, { id, kind, era: 'modern', cursor: message.text(Member.cursor) }),
    )
    return undefined
  }
  return relay(request, id)
}

function relay({ gateway, scope, message, exchange }: ModernRequest, id: ByteText): Call {
  const caller: Caller = {
    era: 'modern',
    protocolVersion: modernVersion,
    principal: scope.access.principal,
    access: scope.access,
    capabilities: message.raw(Member.clientCapabilities) ?? '{}',
    clientInfo: message.raw(Member.clientInfo),
    session: undefined,
  }
  const level = levelOf(message)
  const view = gateway.view(scope)
  return gateway.router.route(
    { message, caller, view, logLevel: level, sink: sinkFor(message, exchange, level) },
    (outcome, edits, call) => {
      if (outcome.kind === 'failure') {
        const fault = callFaultJson(outcome.error, call, outcome.phase)
        return exchange.answer(errorAnswer(id, fault), statusOf(String(outcome.error.rpc)))
      }
      const { reply, era } = outcome
      const to = { id, method: message.method, caller, uri: message.text(Member.uri) }
      exchange.answer(
        replyFor(era, reply, to, edits),
        reply.isError ? statusOf(reply.raw(Member.errorCode)) : 200,
      )
    },
  )
}

/** The envelope was checked before. */
function levelOf(message: Message): LogLevel | undefined {
  const level = message.text(Member.logLevel)
  return level !== undefined && isLogLevel(level) ? level : undefined
}

function sinkFor(message: Message, exchange: Exchange, level: LogLevel | undefined): Sink {
  return {
    progress(notification) {
      const token = message.raw(Member.metaProgressToken)
      if (token !== undefined) exchange.notify(withToken(notification, token))
    },
    log(notification) {
      // Without a level the client asked for no log messages at all.
      if (level !== undefined && isSevere(notification, level))
        exchange.notify(notification.payload)
    },
    ask(question) {
      // Modern clients are asked by `input_required`, never by a request of their server.
      declineQuestion(question, 'this client speaks another era of the protocol')
    },
  }
}

function discoverAnswer(gateway: Gateway, scope: Scope, id: ByteText): ByteText {
  const instructions = instructionsOf(gateway, scope)
  const result = toJson({
    resultType: 'complete',
    supportedVersions: [modernVersion, ...legacyVersions],
    capabilities: capabilitiesOf(gateway, scope),
    ...(instructions !== undefined && { instructions }),
    ttlMs: 0,
    cacheScope: 'private',
  })
  return `{"jsonrpc":"2.0","id":${id},"result":${result.slice(0, -1)},${identity(gateway, scope)}}}`
}

export function refuse(exchange: Exchange, id: ByteText, error: unknown): void {
  if (!(error instanceof GatewayError)) throw error
  exchange.answer(
    errorAnswer(id, faultJson(error, { outcome: 'not_executed' })),
    statusOf(String(error.rpc)),
  )
}
