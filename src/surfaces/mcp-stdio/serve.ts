import type { Readable, Writable } from 'node:stream'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Exchange, Scope } from '../../core/clients/exchange.ts'
import { LegacySession } from '../../core/clients/legacy.ts'
import { unreadable } from '../../core/clients/unreadable.ts'
import type { Underway } from '../../core/clients/modern.ts'
import { envelopeAnswer, envelopeFault, serveModern } from '../../core/clients/modern.ts'
import { errorAnswer, faultJson } from '../../core/eras/fault.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { createLineFramer } from '../../wire/ndjson.ts'
import { ScanError } from '../../wire/scan-error.ts'
import { createLineWriter } from '../../wire/line-writer.ts'

export interface ServeStdioOptions {
  readonly gateway: Gateway
  readonly input: Readable
  readonly output: Writable
  readonly read: (bytes: Buffer) => Message
  readonly limitBytes: number
}

const scope: Scope = { server: undefined }
const principal = 'local'

/** Serves one client on a pair of streams until its input ends; its first messages decide the era. */
export async function serveStdio(options: ServeStdioOptions): Promise<void> {
  const { gateway, input, output, read } = options
  const write = createLineWriter(output)
  const underway = new Map<ByteText, Underway>()
  let session: LegacySession | undefined
  /** What came while `initialize` was waiting for the servers. */
  let early: Message[] | undefined

  function received(line: Buffer): void {
    let message: Message
    try {
      message = read(line)
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
    const started = serveModern({ gateway, scope, message, exchange, principal })
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
      session = new LegacySession({ id: 'stdio', gateway, scope, principal, initialize: message })
      write(session.greet(message.raw(Member.id) ?? 'null'))
      session.attach((payload) => {
        write(payload)
        return true
      })
    }
    const wait = gateway.settled()
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

  gateway.onStrayLog = (message) => session?.log(message)
  await readLines(input, options.limitBytes, received, (limitBytes) =>
    write(
      errorAnswer(
        'null',
        faultJson(new GatewayError('too_large', { what: 'The message', limitBytes })),
      ),
    ),
  )
  for (const one of underway.values())
    one.cancel(new GatewayError('call_cancelled', { reason: 'the client left' }))
  session?.end('the client left')
}

function readLines(
  input: Readable,
  limitBytes: number,
  onLine: (line: Buffer) => void,
  onOversize: (limitBytes: number) => void,
): Promise<void> {
  const framer = createLineFramer({ limitBytes, onLine, onOversize: () => onOversize(limitBytes) })
  return new Promise((resolve) => {
    input.on('data', (chunk: Buffer) => framer.push(chunk))
    input.once('end', () => {
      framer.end()
      resolve()
    })
    // A client that is gone has nothing more to say.
    input.once('error', () => resolve())
    input.once('close', () => resolve())
  })
}
