import type { GatewayError } from '../../contract/gateway-error.ts'
import { payloadLength } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { decodeString } from '../../wire/message.ts'
import type { Decision } from '../access/access.ts'
import type { Call, Caller, Outcome, RoutedCall } from '../call/call.ts'
import type { ConsentFact } from '../consent/fact.ts'
import type { Asked, Ending } from './journal.ts'

/** What is written down; everything else only asks what there is. */
export function isWrittenDown(method: string): boolean {
  return method === 'tools/call' || method === 'prompts/get' || method === 'resources/read'
}

export function askedOf({ spec }: RoutedCall): Asked {
  const { entry, target } = spec
  const own = target === undefined ? undefined : decodeString(target)
  return asked(spec.message, spec.caller, spec.server, entry?.name ?? own)
}

/** What was asked, of which nobody knows yet where it goes. */
export function askedBy(message: Message, caller: Caller): Asked {
  return asked(message, caller, undefined, undefined)
}

function asked(
  message: Message,
  { principal, session }: Caller,
  server: string | undefined,
  target: string | undefined,
): Asked {
  const { method } = message
  const isRead = method === 'resources/read'
  return {
    method,
    principal,
    session,
    request: message.raw(Member.id),
    server,
    target: target ?? message.text(isRead ? Member.uri : Member.name),
    subject: message.slice(isRead ? Member.uri : Member.arguments),
    requestBytes: payloadLength(message.payload),
  }
}

export function endingOf(outcome: Outcome, call: Call, durationMs: number): Ending {
  const { attempts, consent } = call
  if (outcome.kind === 'failure') {
    const { error, phase } = outcome
    const executed = phase === 'not_sent' ? 'not_executed' : 'unknown'
    return { ...failed(error, decisionOf(error, consent)), executed, durationMs, attempts, consent }
  }
  const { reply } = outcome
  return {
    decision: consent?.reason === undefined ? 'allow' : 'ask',
    outcome: outcomeOf(reply),
    // A server may give up in the middle: whether its tool did something is not known.
    executed: outcome.isOurs ? 'not_executed' : reply.isError ? 'unknown' : 'executed',
    code: reply.isError ? reply.raw(Member.errorCode) : undefined,
    durationMs,
    replyBytes: payloadLength(reply.payload),
    attempts,
    consent,
  }
}

/** What never got as far as the rules. */
export function refusalOf(error: GatewayError): Ending {
  return { ...failed(error, undefined), executed: 'not_executed', durationMs: 0, attempts: 0 }
}

function failed(error: GatewayError, decision: Decision | undefined) {
  const outcome = error.code === 'call_cancelled' ? 'cancelled' : 'error'
  return { decision, outcome, code: error.code, replyBytes: 0 } as const
}

function decisionOf({ code }: GatewayError, consent: ConsentFact | undefined): Decision {
  if (code === 'call_refused') return 'deny'
  return code === 'tool_changed' || consent?.reason !== undefined ? 'ask' : 'allow'
}

function outcomeOf(reply: Message): Ending['outcome'] {
  if (reply.isError) return 'error'
  if (reply.raw(Member.isToolError) === 'true') return 'tool_error'
  const isQuestion = reply.raw(Member.resultType) === '"input_required"'
  return isQuestion ? 'input_required' : 'result'
}
