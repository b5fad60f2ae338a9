import { GatewayError } from '../../contract/gateway-error.ts'
import type { Access } from '../../core/access/access.ts'
import type { Call, Caller, Outcome } from '../../core/call/call.ts'
import { modernVersion } from '../../core/call/era.ts'
import { declineQuestion } from '../../core/call/questions.ts'
import type { View } from '../../core/catalog/view.ts'
import { replyFor } from '../../core/eras/reply.ts'
import type { Gateway } from '../../core/gateway.ts'
import { parseExact } from '../../kit/exact-json.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { ByteText, Edit } from '../../wire/bytes.ts'
import { toBuffer, toJson } from '../../wire/bytes.ts'
import { idempotencyKey, Member, metaKeys } from '../../wire/members.ts'
import type { Message, ReadMessage } from '../../wire/message.ts'
import { FailedCall } from './problem.ts'

export interface RelayOptions {
  readonly gateway: Gateway
  readonly read: ReadMessage
  /** Why a call is not taken at the moment; undefined when it is. */
  readonly refuse: (method: string) => GatewayError | undefined
}

/** What is to be asked of a server. */
export interface Asking {
  readonly method: 'tools/call' | 'prompts/get' | 'resources/read'
  /** In which the name or the URI is one that is shown. */
  readonly view: View
  readonly access: Access
  /** The members of the params, as JSON without the braces. */
  readonly params: ByteText
  readonly signal: AbortSignal
  readonly idempotencyKey?: string | undefined
  readonly progress?: ((params: unknown) => void) | undefined
}

export interface Answered {
  readonly server: string
  /** Numbers that JavaScript cannot hold are kept as they were written. */
  readonly result: Readonly<Record<string, unknown>>
}

/** Sends requests the way those of MCP clients go, as a client of the modern era that answers no questions. */
export type Relay = (asking: Asking) => Promise<Answered>

export function createRelay({ gateway, read, refuse }: RelayOptions): Relay {
  return (asking) =>
    new Promise((resolve, reject) => {
      const refusal = refuse(asking.method)
      if (refusal) throw refusal
      const { view, signal } = asking
      const message = read(toBuffer(printRequest(asking)))
      const caller = callerOf(asking.access)
      const sink = sinkFor(asking)
      const call = gateway.router.route(
        { message, caller, view, logLevel: undefined, sink },
        (outcome, edits, done) => {
          try {
            resolve(answerOf({ outcome, edits, call: done, message }))
          } catch (error) {
            reject(error)
          }
        },
      )
      const leave = () => call.cancel(new GatewayError('call_cancelled', { reason: leaving }))
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave, { once: true })
    })
}

const leaving = 'the client closed its connection'

function callerOf(access: Access): Caller {
  return {
    era: 'modern',
    protocolVersion: modernVersion,
    principal: access.principal,
    access,
    capabilities: '{}',
    clientInfo: undefined,
    session: undefined,
  }
}

function printRequest({ method, params, progress, idempotencyKey: key }: Asking): ByteText {
  const meta = toJson({
    [metaKeys.protocolVersion]: modernVersion,
    [metaKeys.clientCapabilities]: {},
    ...(progress && { progressToken: 1 }),
    ...(key !== undefined && { [idempotencyKey]: key }),
  })
  return `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${params},"_meta":${meta}}}`
}

function sinkFor({ progress }: Asking) {
  return {
    progress(notification: Message) {
      const params = notification.slice(Member.params)
      const said = params && parseExact(params.toString())
      if (!isRecord(said)) return
      const { progressToken: _, _meta: __, ...told } = said
      progress?.(told)
    },
    log: () => undefined,
    ask: (question: Parameters<typeof declineQuestion>[0]) =>
      declineQuestion(question, 'a request over REST cannot be asked back'),
  }
}

interface Settled {
  readonly outcome: Outcome
  readonly edits: readonly Edit[]
  readonly call: Call
  readonly message: Message
}

function answerOf({ outcome, edits, call, message }: Settled): Answered {
  const { server } = call.spec
  if (outcome.kind === 'failure') {
    const { error, phase } = outcome
    const isOpen = phase !== 'not_sent'
    throw new FailedCall(error, {
      outcome: isOpen ? 'unknown' : 'not_executed',
      retryable: !isOpen && error.retryable,
      server,
      attempts: call.attempts,
    })
  }
  const { method, caller } = call.spec
  const to = { id: '1', method, caller, uri: message.text(Member.uri) }
  const answer = parseExact(toBuffer(replyFor(outcome.era, outcome.reply, to, edits)).toString())
  const { result, error } = isRecord(answer) ? answer : {}
  if (isRecord(error)) throw refusalOf(error, server)
  if (isRecord(result) && result['resultType'] === 'input_required') {
    const reason = 'a request over REST cannot be asked back'
    const asks = { method: 'for input', reason }
    throw new FailedCall(new GatewayError('question_refused', asks), { outcome: 'unknown', server })
  }
  if (isRecord(result)) return { server, result }
  const problem = 'its result is not an object'
  const invalid = new GatewayError('server_answer_invalid', { server, problem })
  throw new FailedCall(invalid, { outcome: 'unknown', server })
}

function refusalOf(
  { code, message }: Readonly<Record<string, unknown>>,
  server: string,
): FailedCall {
  const rpcCode = typeof code === 'number' ? code : 0
  const reason = typeof message === 'string' ? message : 'no reason was given'
  const error = new GatewayError('server_refused', { server, rpcCode, reason })
  return new FailedCall(error, { outcome: 'unknown', server })
}
