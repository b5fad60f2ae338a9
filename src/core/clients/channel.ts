import { GatewayError } from '../../contract/gateway-error.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message, ReadMessage } from '../../wire/message.ts'
import { ScanError } from '../../wire/scan-error.ts'
import { errorAnswer, faultJson } from '../eras/fault.ts'
import type { Gateway } from '../gateway.ts'
import type { Exchange, Scope } from './exchange.ts'
import { LegacySession } from './legacy.ts'
import type { Underway } from './modern.ts'
import { envelopeAnswer, envelopeFault, serveModern } from './modern.ts'
import { unreadable } from './unreadable.ts'
import { settledIn } from './waiting.ts'

export interface ChannelOptions {
  readonly gateway: Gateway
  readonly scope: Scope
  /** Names the one session there can be. */
  readonly id: string
  readonly read: ReadMessage
  readonly write: (payload: Payload) => void
}

/** One client on a channel of whole messages. */
export interface ClientChannel {
  receive(bytes: Buffer): void
  /** Shows a log message that belongs to no call. */
  log(message: Message, server: string): void
  /** The client is gone. */
  end(reason: string): void
}

/** Serves one client on a channel of its own; its first messages decide the era. */
export function openClientChannel({
  gateway,
  scope,
  id: sessionId,
  read,
  write,
}: ChannelOptions): ClientChannel {
  const underway = new Map<ByteText, Underway>()
  let session: LegacySession | undefined
  /** What came while `initialize` was waiting for the servers. */
  let early: Message[] | undefined

  function receive(bytes: Buffer): void {
    let message: Message
    try {
      message = read(bytes)
    } catch (error) {
      if (!(error instanceof ScanError)) throw error
      const { failure, id } = unreadable(error)
      return write(errorAnswer(id, faultJson(failure, { outcome: 'not_executed' })))
    }
    if (message.has(Member.protocolVersion)) modern(message)
    else legacy(message)
  }

  function modern(message: Message): void {
    if (message.kind !== 'request') return cancelled(message)
    const id = message.raw(Member.id) ?? 'null'
    const fault =
      envelopeFault(message) ??
      (message.method === 'initialize'
        ? { code: -32601, text: 'Method "initialize" does not exist in this era' }
        : undefined)
    if (fault) return write(envelopeAnswer(id, fault))
    const exchange = channelExchange(() => underway.delete(id))
    const started = serveModern({ gateway, scope, message, exchange })
    if (started && !exchange.isAnswered) underway.set(id, started)
  }

  /** `notifications/cancelled` carries no envelope of its own in either era. */
  function cancelled(message: Message): void {
    if (message.method !== 'notifications/cancelled') return
    const id = message.raw(Member.requestId) ?? ''
    underway
      .get(id)
      ?.cancel(new GatewayError('call_cancelled', { reason: 'the client cancelled it' }))
    underway.delete(id)
  }

  function legacy(message: Message): void {
    if (early) return void early.push(message)
    if (message.kind === 'request' && message.method === 'initialize') return initialize(message)
    if (session)
      session.receive(
        message,
        channelExchange(() => undefined),
      )
    else if (message.kind === 'request') {
      const error = new GatewayError('request_invalid', { problem: 'send "initialize" first' })
      write(errorAnswer(message.raw(Member.id) ?? 'null', faultJson(error)))
    }
    if (message.kind === 'notification') cancelled(message)
  }

  function initialize(message: Message): void {
    const begin = () => {
      session?.end('the client initialized again')
      session = new LegacySession({ id: sessionId, gateway, scope, initialize: message })
      write(session.greet(message.raw(Member.id) ?? 'null'))
      session.attach((payload) => {
        write(payload)
        return true
      })
    }
    const wait = settledIn(gateway, scope)
    if (!wait) return begin()
    early = []
    void wait.then(() => {
      const held = early ?? []
      early = undefined
      begin()
      for (const one of held) legacy(one)
    })
  }

  function channelExchange(onAnswer: () => void): Exchange & { readonly isAnswered: boolean } {
    let isAnswered = false
    return {
      get isAnswered() {
        return isAnswered
      },
      notify(payload: Payload) {
        if (isAnswered) return false
        write(payload)
        return true
      },
      answer(payload: Payload) {
        if (isAnswered) return
        isAnswered = true
        onAnswer()
        write(payload)
      },
    }
  }

  return {
    receive,
    log: (message, server) => session?.log(message, server),
    end(reason) {
      for (const one of underway.values())
        one.cancel(new GatewayError('call_cancelled', { reason }))
      session?.end(reason)
    },
  }
}
