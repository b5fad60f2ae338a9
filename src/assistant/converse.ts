import type { ChatBudget, ChatEnded, ChatEvent, ToolCall, ToolOutcome } from '../contract/chat.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import { askModel } from './ask-model.ts'
import { chatErrorOf, cutOff } from './chat-error.ts'
import { checkRoughly } from './check-arguments.ts'
import { frameResult } from './frame-result.ts'
import { openCalls, parsedOrNothing, toolAnswer } from './history.ts'
import { pendingIn, runCalls } from './run-calls.ts'
import type { Outcomes } from './run-calls.ts'
import type { ConverseDeps, ConverseRequest, Steps, Talk } from './talk.ts'
import { beginTalk, endOf, offeredIn, usedUp } from './talk.ts'
import { bringsOutside, isTaintedBy } from './taint.ts'
import { startTimes } from './times.ts'
import type { Offered } from './toolbox.ts'
import type { Turn } from './turn.ts'
import { keptOf, withoutCalls } from './turn.ts'

/** Talks with a model and runs the tools it calls until it answers; what fails is told by the last event. */
export async function* converse(
  deps: ConverseDeps,
  request: ConverseRequest,
): AsyncGenerator<ChatEvent, void, undefined> {
  using times = startTimes(request.signal, request.budgets.timeMs)
  const talk = beginTalk(deps, request, times)
  try {
    yield yield* runTalk(talk)
  } catch (error) {
    if (request.signal.aborted) yield cancelled(talk)
    else yield failed(talk, error)
  }
}

async function* runTalk(talk: Talk): Steps<ChatEnded> {
  const { request, callerNames } = talk
  const open = openCalls(request.messages)
  const missing = open.find((call) => callerNames.has(call.function.name))
  if (missing) throw new GatewayError('tool_answer_missing', { call: missing.id })
  talk.isTainted = isTaintedBy(request.messages, await offeredIn(talk), callerNames)
  let ended = open.length === 0 ? undefined : yield* answerCalls(talk, open)
  while (!ended) {
    const budget = usedUp(talk)
    const turn = yield* askModel(talk, budget !== undefined)
    ended = yield* goOn(talk, turn, budget)
  }
  return ended
}

/** What follows from a turn: the end, or one more. */
async function* goOn(
  talk: Talk,
  turn: Turn,
  budget: ChatBudget | undefined,
): Steps<ChatEnded | undefined> {
  const { request, times, added, callerNames } = talk
  const { finish, calls } = turn
  if (finish === undefined || request.signal.aborted) {
    added.push(...keptOf(turn))
    if (request.signal.aborted) return cancelled(talk)
    if (times.isOver) return endOf(talk, 'budget', { budget: 'timeMs' })
    return endOf(talk, 'failed', { error: cutOff(talk.deps.provider.name) })
  }
  const isUnfit = finish === 'content_filter' || (finish === 'length' && !calls.every(isWhole))
  if (budget !== undefined || isUnfit || calls.length === 0) {
    added.push(withoutCalls(turn))
    if (finish === 'length' || finish === 'content_filter') return endOf(talk, finish)
    return budget === undefined ? endOf(talk, 'stop') : endOf(talk, 'budget', { budget })
  }
  added.push(turn.message)
  const ours = calls.filter((call) => !callerNames.has(call.function.name))
  const ended = yield* answerCalls(talk, ours)
  if (ours.length === calls.length || ended?.reason === 'cancelled') return ended
  return endOf(talk, 'caller_tools', { pending: ended?.pending ?? [] })
}

/** Calls of a turn that was cut off are made only when they are whole. */
function isWhole({ function: { arguments: written } }: ToolCall): boolean {
  return parsedOrNothing(written) !== undefined
}

async function* answerCalls(talk: Talk, calls: readonly ToolCall[]): Steps<ChatEnded | undefined> {
  const { deps, request, times, spent, refused } = talk
  const offered = await offeredIn(talk)
  const outcomes = yield* runCalls(calls, {
    toolbox: deps.toolbox,
    check: deps.check ?? checkRoughly,
    offered,
    parallelCalls: request.parallelCalls,
    callsLeft: request.budgets.calls - spent.calls,
    isTainted: request.taint && talk.isTainted,
    approvalWaitMs: request.approvalWaitMs ?? 0,
    refused,
    signal: times.calls,
    reason: () => (request.signal.aborted ? byThePerson : outOfTime),
  })
  spent.calls += calls.length
  writeAnswers(talk, { calls, outcomes, offered })
  if (request.signal.aborted) return cancelled(talk)
  const pending = pendingIn(outcomes)
  return pending.length > 0 ? endOf(talk, 'approval', { pending }) : undefined
}

const byThePerson = {
  kind: 'refused',
  code: 'call_cancelled',
  message: 'This call was cancelled by the person; whether it ran to its end is not known.',
} as const satisfies ToolOutcome
const outOfTime: ToolOutcome = {
  kind: 'refused',
  code: 'budget_used_up',
  message: 'This call was ended: the time is over. Answer with what you have.',
}

interface Answers {
  readonly calls: readonly ToolCall[]
  readonly outcomes: Outcomes
  readonly offered: ReadonlyMap<string, Offered>
}

function writeAnswers(talk: Talk, { calls, outcomes, offered }: Answers): void {
  for (const { id, function: called } of calls) {
    const outcome = outcomes.get(id)
    if (!outcome || outcome.kind === 'waits') continue
    const found = offered.get(called.name)
    const origin = { server: found?.server, tool: found?.tool ?? called.name }
    talk.added.push(toolAnswer(id, frameResult(outcome, origin, talk.request.resultBytes)))
    if (outcome.kind === 'result' && (!found || bringsOutside(found))) talk.isTainted = true
  }
}

/** Somebody left: nothing stays without an answer, or the conversation could not go on later. */
function cancelled(talk: Talk): ChatEnded {
  const { added, request } = talk
  for (const { id } of openCalls([...request.messages, ...added])) {
    added.push(toolAnswer(id, byThePerson.message))
  }
  return endOf(talk, 'cancelled')
}

function failed(talk: Talk, error: unknown): ChatEnded {
  for (const { id } of openCalls(talk.added)) {
    talk.added.push(toolAnswer(id, 'Not run: the conversation failed here.'))
  }
  const told = chatErrorOf(error)
  if (told.code === 'internal') talk.deps.onFault?.(error)
  return endOf(talk, 'failed', { error: told })
}
