import { GatewayError } from '../../contract/gateway-error.ts'
import { toBuffer, toJson } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { ReadMessage } from '../../wire/message.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { Verdict } from '../access/access.ts'
import type { Done, Outcome, RoutedCall, Step } from '../call/call.ts'
import type { Entry } from '../catalog/listing.ts'
import type { Ask, Digest } from './ask.ts'
import {
  argumentsOf,
  conversationOf,
  createToolDigest,
  digestArguments,
  shownArguments,
} from './ask.ts'
import { askingAccess, verdictOf } from './asking-access.ts'
import type { Answer, Desk, Pending } from './desk.ts'
import { holdAndAsk } from './hold.ts'
import type { Reply } from './question.ts'
import { approvalKey, questionParams, replyIn, showsForms } from './question.ts'
import { deniedFor, fail, fullFor, refusalOf, whose } from './refusals.ts'
import { termsIn } from './terms.ts'

export interface ConsentOptions {
  readonly desk: Desk
  readonly digest: Digest
  readonly read: ReadMessage
  readonly now: () => number
  /** Whether what a server says of its tools is believed. */
  readonly isTrusted: (server: string) => boolean
  /** Whether clients that can show a form are asked themselves. */
  readonly asksClients: () => boolean
  /** Whether somebody can get at the desk: else nobody would ever decide. */
  readonly isReachable: boolean
}

/** Decides about calls, and asks where somebody has to be asked. */
export interface Consent {
  readonly desk: Desk
  /** What becomes of a call of this tool. Throws `params_invalid`. */
  judge(call: RoutedCall, tool: Entry): Verdict
  /** Goes on to the next step as soon as somebody let the call through, or refuses it. */
  ask(call: RoutedCall, done: Done, next: Step): void
  /** Ends every call that waits for somebody to decide. */
  cancelAll(error: GatewayError): void
}

/** A definition that changes under the person who looks at it is looked at so often, and no more. */
const mostRounds = 3

interface Asking {
  readonly call: RoutedCall
  readonly tool: Entry
  readonly ask: Ask
  readonly done: Done
  readonly next: Step
  readonly round: number
}

export function createConsent(options: ConsentOptions): Consent {
  const { desk, digest, read, isTrusted, asksClients, isReachable } = options
  const digestTool = createToolDigest(digest)
  const held = new Set<RoutedCall>()

  function judge({ spec: { caller, message } }: RoutedCall, tool: Entry): Verdict {
    const terms = termsIn(message)
    const access = terms ? askingAccess(caller.access, { ...terms, isTrusted }) : caller.access
    return verdictOf(access, tool, () => argumentsOf(message))
  }

  function begin(call: RoutedCall, done: Done, next: Step, round: number): void {
    const { entry, to } = call.spec
    if (!entry) return next(call, done)
    const tool = to.current?.(entry.name) ?? entry
    const verdict = judge(call, tool)
    if (verdict.decision === 'deny') return fail(done, refusalOf(call, tool, verdict))
    const ask = askOf(call, tool, verdict)
    call.consent = { rule: verdict.rule, reason: ask.reason }
    settle({ call, tool, ask, done, next, round })
  }

  function askOf(call: RoutedCall, tool: Entry, { reason, rule }: Verdict): Ask {
    const { caller, message } = call.spec
    const said = caller.access.terms?.conversation ?? message.text(Member.conversation)
    return {
      principal: caller.principal,
      conversation: conversationOf(call, said),
      server: tool.server,
      tool: tool.name,
      toolDigest: digestTool(tool),
      argumentsDigest: digestArguments(message, digest),
      reason: reason ?? 'a rule of the gateway wants it',
      rule,
      shown: shownArguments(message),
    }
  }

  function settle(asking: Asking): void {
    const { call, ask } = asking
    if (comesBack(call) && desk.continued(ask)) return pass(asking)
    if (takeAnswer(asking) === 'dismissed') return fail(asking.done, deniedFor(ask))
    const grant = desk.use(ask)
    if (grant) {
      const how = grant.argumentsDigest === undefined ? 'granted' : 'asked'
      const { id, scope, by } = grant
      call.consent = { ...call.consent, id, how, scope, by }
      return pass(asking)
    }
    if (desk.denied(ask)) return fail(asking.done, deniedFor(ask))
    const isAskable = asksClients() && showsForms(call.spec.caller.capabilities)
    if (!isAskable) return lay(asking)
    if (call.spec.caller.era === 'modern') askBack(asking)
    else hold(asking)
  }

  /** A modern client was asked in the answer before, and brings what its person said. */
  function takeAnswer({ call, ask }: Asking): Reply | undefined {
    const pending = call.spec.approval === undefined ? undefined : desk.find(call.spec.approval)
    if (!pending || !isSame(pending.ask, ask)) return undefined
    const responses = call.spec.message.parsed(Member.inputResponses)
    const said = isRecord(responses) ? responses[approvalKey] : undefined
    const reply = replyIn(ask, said, ask.principal)
    if (typeof reply === 'object') desk.decide(pending.id, reply)
    else if (reply === 'dismissed') desk.drop(pending.id)
    return reply
  }

  /** The answer to a modern client is the question: the call ends, and comes again with what was said. */
  function askBack({ ask, done }: Asking): void {
    const pending = desk.park(ask)
    if (!pending) return fail(done, fullFor(ask))
    const request = `{"method":"elicitation/create","params":${questionParams(pending)}}`
    const result = `{"resultType":"input_required","inputRequests":{"${approvalKey}":${request}},"requestState":${toJson(pending.id)}}`
    const reply = read(toBuffer(`{"jsonrpc":"2.0","id":0,"result":${result}}`))
    done({ kind: 'reply', reply, era: 'modern', isOurs: true })
  }

  function hold(asking: Asking): void {
    const { call, ask, done } = asking
    holdAndAsk({
      desk,
      read,
      now: options.now,
      call,
      ask,
      held,
      answered: (pending, answer) => answered(asking, pending, answer),
      unasked: () => lay(asking),
      failed: (error) => fail(done, error),
    })
  }

  function answered(asking: Asking, { id }: Pending, answer: Answer | undefined): void {
    const { call, ask, done } = asking
    if (!answer) return fail(done, new GatewayError('approval_expired', whose(ask)))
    const { scope, by } = answer
    call.consent = { ...call.consent, id, how: 'asked', scope, by }
    if (answer.decision === 'deny') return fail(done, deniedFor(ask))
    pass(asking)
  }

  /** Nobody can be asked in the exchange: somebody decides elsewhere, and the call comes again. */
  function lay({ call, ask, done }: Asking): void {
    if (!isReachable) return fail(done, new GatewayError('needs_approval', whose(ask)))
    const pending = desk.park(ask)
    if (!pending) return fail(done, fullFor(ask))
    const { id, expiresAtMs } = pending
    call.consent = { ...call.consent, id }
    const expires_at = new Date(expiresAtMs).toISOString()
    fail(done, new GatewayError('needs_approval', { ...whose(ask), approval_id: id, expires_at }))
  }

  /** What was looked at must still be what is called, and whoever calls must still be let. */
  function pass(asking: Asking): void {
    const { call, tool, ask, done, next, round } = asking
    const listed = () => call.spec.to.current?.(tool.name) ?? tool
    const now = listed()
    if (digestTool(now) !== ask.toolDigest) {
      if (round < mostRounds) return begin(call, done, next, round + 1)
      const { name, server } = tool
      return fail(done, new GatewayError('tool_changed', { tool: name, server }))
    }
    const verdict = judge(call, now)
    if (verdict.decision === 'deny') return fail(done, refusalOf(call, now, verdict))
    call.isStillMeant = () => digestTool(listed()) === ask.toolDigest
    next(call, (outcome) => {
      if (asksForMore(outcome)) desk.continue(ask)
      done(outcome)
    })
  }

  return {
    desk,
    judge,
    ask: (call, done, next) => begin(call, done, next, 1),
    cancelAll(error) {
      for (const call of held) call.cancel(error)
    },
  }
}

function isSame(one: Ask, other: Ask): boolean {
  return (
    one.principal === other.principal &&
    one.conversation === other.conversation &&
    one.server === other.server &&
    one.tool === other.tool &&
    one.toolDigest === other.toolDigest &&
    one.argumentsDigest === other.argumentsDigest
  )
}

/** The client answers what the server asked. */
function comesBack({ spec: { message, approval } }: RoutedCall): boolean {
  if (approval !== undefined) return false
  return message.has(Member.requestState) || message.has(Member.inputResponses)
}

function asksForMore(outcome: Outcome): boolean {
  return (
    outcome.kind === 'reply' &&
    outcome.isOurs !== true &&
    outcome.reply.raw(Member.resultType) === '"input_required"'
  )
}
