import type {
  ChatBudget,
  ChatBudgets,
  ChatEnd,
  ChatEnded,
  ChatError,
  ChatEvent,
  ChatMessage,
  ChatUsage,
  FunctionTool,
  PendingApproval,
  ToolOutcome,
} from '../contract/chat.ts'
import type { Provider } from './provider.ts'
import type { Times } from './times.ts'
import type { CheckArguments, Offered, Toolbox } from './toolbox.ts'

export interface ConverseDeps {
  readonly provider: Provider
  readonly toolbox: Toolbox
  /** Left out: only that what is required is there, and of its type. */
  readonly check?: CheckArguments | undefined
  /** Hears of what nobody foresaw. */
  readonly onFault?: ((error: unknown) => void) | undefined
}

export interface ConverseRequest {
  /** The provider's own name of it. */
  readonly model: string
  readonly messages: readonly ChatMessage[]
  /** The caller's own tools; where one has the name of one of ours, the caller's is meant. */
  readonly tools: readonly FunctionTool[]
  /** Holds for the first turn only: a tool that must be called each time would never end. */
  readonly toolChoice?: unknown
  readonly extras: Readonly<Record<string, unknown>>
  readonly budgets: ChatBudgets
  readonly parallelCalls: number
  /** How much of one result a model is shown. */
  readonly resultBytes: number
  /** Whether results from outside make calls that write stricter. */
  readonly taint: boolean
  /** How long a call waits in the exchange for somebody's decision; left out: not at all. */
  readonly approvalWaitMs?: number | undefined
  readonly signal: AbortSignal
}

/** One conversation under way. */
export interface Talk {
  readonly deps: ConverseDeps
  readonly request: ConverseRequest
  readonly times: Times
  readonly callerNames: ReadonlySet<string>
  /** The ids of all calls so far. */
  readonly idsInUse: Set<string>
  /** Calls that were refused for good. */
  readonly refused: Map<string, ToolOutcome>
  /** The new messages. */
  readonly added: ChatMessage[]
  readonly spent: Spent
  usage: ChatUsage | undefined
  isTainted: boolean
}

export interface Spent {
  rounds: number
  calls: number
  tokens: number
  callerCalls: number
}

export type Steps<Result> = AsyncGenerator<ChatEvent, Result, undefined>

export function beginTalk(deps: ConverseDeps, request: ConverseRequest, times: Times): Talk {
  const calls = request.messages.flatMap(({ tool_calls: made = [] }) => made)
  return {
    deps,
    request,
    times,
    callerNames: new Set(request.tools.map(({ function: tool }) => tool.name)),
    idsInUse: new Set(calls.map(({ id }) => id)),
    refused: new Map(),
    added: [],
    spent: { rounds: 0, calls: 0, tokens: 0, callerCalls: 0 },
    usage: undefined,
    isTainted: false,
  }
}

export interface Ending {
  readonly pending?: readonly PendingApproval[]
  readonly budget?: ChatBudget | undefined
  readonly error?: ChatError
}

export function endOf(
  { added, usage, request }: Talk,
  reason: ChatEnd,
  { pending = [], budget, error }: Ending = {},
): ChatEnded {
  return {
    type: 'ended',
    reason,
    messages: added,
    usage,
    model: request.model,
    pending,
    ...(budget !== undefined && { budget }),
    ...(error !== undefined && { error }),
  }
}

/** The first budget that has nothing left. */
export function usedUp({ request, times, spent }: Talk): ChatBudget | undefined {
  const { rounds, calls, tokens } = request.budgets
  if (times.isOver) return 'timeMs'
  if (spent.rounds >= rounds) return 'rounds'
  if (calls > 0 && spent.calls >= calls) return 'calls'
  return spent.tokens >= tokens ? 'tokens' : undefined
}

/** What the model may call of ours, as it is at the moment. */
export async function offeredIn({
  deps,
  request,
  times,
  callerNames,
}: Talk): Promise<ReadonlyMap<string, Offered>> {
  if (request.budgets.calls === 0 || deps.provider.toolLimit === 0) return new Map()
  const all = await deps.toolbox.list(times.turns)
  const ours = all.map((tool) => [tool.definition.function.name, tool] as const)
  return new Map(ours.filter(([name]) => !callerNames.has(name)))
}
