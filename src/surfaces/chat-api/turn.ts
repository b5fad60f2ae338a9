import { randomBytes } from 'node:crypto'
import type {
  ChatEnded,
  ChatError,
  ChatEvent,
  ChatMessage,
  ChatPiece,
  ChatUsage,
  PendingApproval,
} from '../../contract/chat.ts'
import type { GantryOptions } from '../../contract/chat-requests.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Access } from '../../core/access/access.ts'
import type { Assistant } from '../../core/chat/assistant.ts'
import { ApiError, conversationError } from './api-error.ts'
import { approvalText, printApproval } from './approvals.ts'
import type { PrintedApproval } from './approvals.ts'
import type { ChatAsked } from './chat-asked.ts'
import { budgetsOf } from './chat-asked.ts'
import type { KeptTurns } from './kept-turns.ts'
import { narrowedAccess } from './narrowed-access.ts'
import type { Shelf } from './shelf.ts'
import { TurnRecord } from './turn-record.ts'
import type { DoneCall, ShownCall } from './turn-record.ts'

export interface TurnDeps {
  readonly assistant: Assistant
  readonly kept: KeptTurns
  readonly waiting: Shelf<WaitingTurn>
  /** Throws `GatewayError` where something is chosen that is not there for this principal, or nobody is answered. */
  readonly check: CheckOptions
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export type CheckOptions = (access: Access, options: GantryOptions) => void

/** A turn whose calls wait for approval. */
export interface WaitingTurn {
  readonly asked: ChatAsked
  /** What the client was shown instead of what came. */
  readonly shown: readonly ChatMessage[]
  /** What really came. */
  readonly whole: readonly ChatMessage[]
}

export interface TurnVisit {
  readonly access: Access
  readonly asked: ChatAsked
  readonly signal: AbortSignal
}

/** What a client is told at the end beside what OpenAI tells. */
export interface GantryReport {
  readonly state: 'completed' | 'caller_tools' | 'approval_required' | 'budget_exhausted'
  readonly budget?: string
  readonly rounds: number
  readonly calls: readonly DoneCall[]
  readonly resume?: string
  readonly approvals?: readonly PrintedApproval[]
}

export interface TurnResult {
  readonly text: string
  readonly refusal: string
  readonly reasoning: string
  readonly calls: readonly ShownCall[]
  readonly finish: 'stop' | 'length' | 'content_filter' | 'tool_calls'
  readonly usage: ChatUsage | undefined
  readonly gantry: GantryReport
  /** The whole conversation without instructions, with what the client is not shown. */
  readonly messages: readonly ChatMessage[]
}

export type TurnEvent =
  | { readonly type: 'piece'; readonly piece: ChatPiece }
  | { readonly type: 'told'; readonly event: Exclude<ChatEvent, ChatEnded | { type: 'piece' }> }
  | { readonly type: 'done'; readonly result: TurnResult }

/** How long a request that waits for approvals waits. */
const approvalWaitMs = 10 * 60_000

/** One answer, with everything that our tools did for it; the last event is `done`, and what fails is thrown. */
export async function* runTurn(deps: TurnDeps, visit: TurnVisit): AsyncGenerator<TurnEvent> {
  deps.check(visit.access, visit.asked.options)
  const course = courseOf(deps, visit)
  const record = new TurnRecord()
  for await (const event of deps.assistant.converse(requestOf(course, visit))) {
    record.note(event)
    if (event.type === 'piece') yield { type: 'piece', piece: record.add(event.piece) }
    else if (event.type !== 'ended') {
      if (visit.asked.options.events !== false) yield { type: 'told', event }
    } else {
      const approvals = event.pending.map((one) => printApproval(one, record.argumentsFor(one.id)))
      if (event.reason === 'approval') {
        const piece = record.add({ kind: 'text', text: approvalText(approvals) })
        yield { type: 'piece', piece }
      }
      yield {
        type: 'done',
        result: endOf(deps, { visit, course, record, ended: event, approvals }),
      }
      return
    }
  }
  throw new GatewayError('internal', undefined)
}

/** Where the answer begins: at what was sent, or where an earlier one had to wait. */
interface Course {
  readonly asked: ChatAsked
  /** What a model is to see of everything before this turn. */
  readonly before: readonly ChatMessage[]
  readonly waited: WaitingTurn | undefined
}

function courseOf({ kept, waiting }: TurnDeps, { access, asked }: TurnVisit): Course {
  const { resume } = asked.options
  const { principal } = access
  if (resume === undefined)
    return { asked, before: kept.restore(principal, asked.messages), waited: undefined }
  const waited = waiting.take(principal, resume)
  if (!waited) {
    const message = 'Nothing waits under this `gantry.resume`: it is unknown, used or expired.'
    throw new ApiError({ status: 404, message, param: 'gantry.resume', code: 'resume_unknown' })
  }
  const before = kept.restore(principal, waited.asked.messages)
  return { asked: waited.asked, before, waited }
}

function requestOf({ asked, before, waited }: Course, { access, asked: sent, signal }: TurnVisit) {
  const { options } = asked
  const { tools } = options
  return {
    access: Array.isArray(tools) ? narrowedAccess(access, tools) : access,
    model: asked.model,
    messages: [...before, ...(waited?.whole ?? [])],
    tools: asked.tools,
    toolChoice: asked.toolChoice,
    extras: asked.extras,
    budgets: budgetsOf(options),
    consent: options.consent,
    profile: options.profile,
    servers: options.servers,
    withoutGatewayTools: tools === false,
    conversation: options.conversation,
    ...(sent.options.wait === true && { approvalWaitMs }),
    signal,
  }
}

interface Ending {
  readonly visit: TurnVisit
  readonly course: Course
  readonly record: TurnRecord
  readonly ended: ChatEnded
  readonly approvals: readonly PrintedApproval[]
}

function endOf(deps: TurnDeps, ending: Ending): TurnResult {
  const { course, record, ended, approvals } = ending
  if (ended.reason === 'failed') throw conversationError(ended.error ?? unknown, record.hasActed)
  if (ended.reason === 'cancelled') throw new GatewayError('call_cancelled', { reason: leaving })
  const whole = [...(course.waited?.whole ?? []), ...ended.messages]
  const resume = ended.reason === 'approval' ? suspend(deps, ending, whole) : undefined
  if (resume === undefined) keep(deps, ending, whole)
  return {
    text: record.text,
    refusal: record.refusal,
    reasoning: record.reasoning,
    calls: record.callerCalls,
    finish: finishOf(ended),
    usage: ended.usage,
    messages: [...course.before.slice(course.asked.leading), ...whole],
    gantry: {
      state: stateOf(ended),
      ...(ended.budget !== undefined && { budget: ended.budget }),
      rounds: record.rounds,
      calls: record.done,
      ...(resume !== undefined && { resume }),
      ...(approvals.length > 0 && { approvals }),
    },
  }
}

const leaving = 'the client closed its connection'
const unknown: ChatError = {
  status: 500,
  code: 'internal',
  type: 'server_error',
  message: 'The conversation failed in a way nobody foresaw',
}

/** Puts the turn where a later request of the same principal finds it, once. */
function suspend({ waiting }: TurnDeps, ending: Ending, whole: readonly ChatMessage[]): string {
  const { visit, course, record, ended } = ending
  const resume = `resume_${randomBytes(18).toString('base64url')}`
  const shown = [...(course.waited?.shown ?? []), record.message]
  const value = { asked: course.asked, shown, whole }
  const bytes = JSON.stringify(value).length
  waiting.put(visit.access.principal, resume, { value, bytes, endsAt: firstEnd(ended.pending) })
  return resume
}

function firstEnd(pending: readonly PendingApproval[]): number | undefined {
  const ends = pending.flatMap(({ expiresAt }) => (expiresAt ? [Date.parse(expiresAt)] : []))
  return ends.length > 0 ? Math.min(...ends.filter(Number.isFinite)) : undefined
}

/** A client may go on with what it was shown of a turn that waited, or without it. */
function keep({ kept }: TurnDeps, ending: Ending, whole: readonly ChatMessage[]): void {
  const { visit, course, record } = ending
  const shown = record.message
  if (isAllShown(whole)) return
  const { principal } = visit.access
  const { messages } = course.asked
  kept.keep(principal, { messages, shown, whole })
  const { waited } = course
  if (!waited) return
  for (const index of waited.shown.keys()) {
    const before = [...messages, ...waited.shown.slice(0, index)]
    kept.keep(principal, { messages: before, shown: waited.shown[index] ?? shown, whole: [] })
  }
  kept.keep(principal, { messages: [...messages, ...waited.shown], shown, whole })
}

const shownFields = new Set(['role', 'content', 'refusal', 'tool_calls'])
const shownCallFields = new Set(['id', 'type', 'function'])

function isAllShown([message, ...more]: readonly ChatMessage[]): boolean {
  if (!message || more.length > 0) return false
  const calls = message.tool_calls ?? []
  return (
    Object.keys(message).every((key) => shownFields.has(key)) &&
    calls.every((call) => Object.keys(call).every((key) => shownCallFields.has(key)))
  )
}

function finishOf({ reason }: ChatEnded): TurnResult['finish'] {
  if (reason === 'caller_tools') return 'tool_calls'
  return reason === 'length' || reason === 'content_filter' ? reason : 'stop'
}

function stateOf({ reason }: ChatEnded): GantryReport['state'] {
  if (reason === 'caller_tools') return 'caller_tools'
  if (reason === 'approval') return 'approval_required'
  return reason === 'budget' ? 'budget_exhausted' : 'completed'
}
