import type { ChatEvent, PendingApproval, ToolCall, ToolOutcome } from '../contract/chat.ts'
import { nearest } from '../kit/nearest.ts'
import { createEventQueue } from './event-queue.ts'
import type { EventQueue } from './event-queue.ts'
import { parsedOrNothing } from './history.ts'
import type { CheckArguments, Offered, Toolbox } from './toolbox.ts'

export interface RunOptions {
  readonly toolbox: Toolbox
  readonly check: CheckArguments
  /** By the names that models use. */
  readonly offered: ReadonlyMap<string, Offered>
  /** How many run at once. */
  readonly parallelCalls: number
  /** How many may run; the rest is answered without. */
  readonly callsLeft: number
  readonly isTainted: boolean
  readonly approvalWaitMs: number
  /** Calls that were refused once: the same is not asked again. */
  readonly refused: Map<string, ToolOutcome>
  readonly signal: AbortSignal
  /** What is answered to calls that the signal ended. */
  readonly reason: () => ToolOutcome
}

/** What became of each call, in the order in which they were made. */
export type Outcomes = ReadonlyMap<string, ToolOutcome>

/** Runs calls beside each other, and tells what happens to them. */
export async function* runCalls(
  calls: readonly ToolCall[],
  options: RunOptions,
): AsyncGenerator<ChatEvent, Outcomes, undefined> {
  const leaving = new AbortController()
  const signal = AbortSignal.any([options.signal, leaving.signal])
  const queue = createEventQueue<ChatEvent>()
  const outcomes = new Map<string, ToolOutcome>()
  const waiting = [...calls.entries()]
  const run = { ...options, signal, queue }

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, call] = next
      const outcome = await runOne(call, { ...run, isOver: index >= options.callsLeft })
      outcomes.set(call.id, outcome)
      if (outcome.kind !== 'waits') queue.push({ type: 'call_ended', id: call.id, outcome })
    }
  }

  const workers = Array.from({ length: Math.min(calls.length, options.parallelCalls) }, work)
  const all = Promise.all(workers).finally(() => queue.end())
  try {
    yield* queue
    await all
    return outcomes
  } finally {
    // Somebody who stops listening wants nothing more to happen.
    leaving.abort()
    await all.catch(() => undefined)
  }
}

interface Run extends RunOptions {
  readonly queue: EventQueue<ChatEvent>
  /** Whether no further call may be made. */
  readonly isOver: boolean
}

const overBudget: ToolOutcome = {
  kind: 'refused',
  code: 'budget_used_up',
  message: 'Not run: no further tools may be called here. Answer with what you have.',
}

async function runOne(call: ToolCall, run: Run): Promise<ToolOutcome> {
  const { id, function: called } = call
  const found = run.offered.get(called.name)
  run.queue.push({
    type: 'call_started',
    id,
    name: called.name,
    server: found?.server,
    tool: found?.tool ?? called.name,
    arguments: called.arguments,
  })
  if (run.isOver) return overBudget
  if (run.signal.aborted) return run.reason()
  if (!found) return unknownTool(called.name, run.offered)
  const key = JSON.stringify([found.server, found.tool, called.arguments])
  const earlier = run.refused.get(key)
  if (earlier) return earlier
  const problem = await problemWith(found, called.arguments, run)
  if (problem) return problem
  const outcome = await untilDecided(call, run)
  if (outcome.kind === 'refused' && isFinal(outcome.code)) run.refused.set(key, outcome)
  return outcome
}

/** What a person or a rule said no to is not asked a second time. */
function isFinal(code: string): boolean {
  return code === 'call_refused' || code === 'approval_denied'
}

async function problemWith(
  found: Offered,
  argumentsJson: string,
  { check, signal, reason }: Run,
): Promise<ToolOutcome | undefined> {
  const value = parsedOrNothing(argumentsJson)
  const problem =
    value === undefined
      ? 'they are not JSON'
      : await orAborted(check(found, value, signal), signal, 'aborted' as const)
  if (problem === 'aborted') return reason()
  return problem === undefined ? undefined : invalidArguments(problem, found)
}

const longestSchema = 4000

/** Says what is expected, so that the next attempt can be right. */
function invalidArguments(problem: string, { inputSchema }: Offered): ToolOutcome {
  const schema = JSON.stringify(inputSchema)
  const expected = schema.length <= longestSchema ? ` The schema: ${schema}` : ''
  const message = `Not run, the arguments are not valid: ${problem}.${expected}`
  return { kind: 'refused', code: 'arguments_invalid', message }
}

function unknownTool(name: string, offered: ReadonlyMap<string, Offered>): ToolOutcome {
  const near = nearest(name, offered.keys())
  const advice = near === undefined ? '' : ` Did you mean "${near}"?`
  return { kind: 'refused', code: 'tool_unknown', message: `There is no tool "${name}".${advice}` }
}

async function untilDecided(call: ToolCall, run: Run): Promise<ToolOutcome> {
  const outcome = await callOnce(call, run)
  if (outcome.kind !== 'waits') return outcome
  const { approval } = outcome
  run.queue.push({ type: 'call_waits', id: call.id, approval })
  const { toolbox, approvalWaitMs } = run
  if (!toolbox.decided || approvalWaitMs <= 0) return outcome
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(approvalWaitMs)])
  const decided = toolbox.decided(approval, signal).then(
    () => true,
    () => false,
  )
  if (!(await orAborted(decided, signal, false))) return run.signal.aborted ? run.reason() : outcome
  return callOnce(call, run)
}

async function callOnce(call: ToolCall, run: Run): Promise<ToolOutcome> {
  const { toolbox, signal, queue, isTainted } = run
  const { id, function: called } = call
  const outcome = toolbox
    .call({
      id,
      name: called.name,
      argumentsJson: called.arguments,
      isTainted,
      signal,
      progress(progress) {
        // Whoever listens slowly hears less of it.
        if (queue.unheard < 100) queue.push({ type: 'call_progress', id, progress })
      },
    })
    .catch((error: unknown): ToolOutcome => ({
      kind: 'refused',
      code: 'internal',
      message: error instanceof Error ? error.message : 'The call failed.',
    }))
  return (await orAborted(outcome, signal, undefined)) ?? run.reason()
}

/** What a promise comes to, or something else as soon as the signal says so. */
async function orAborted<Value, Other>(
  promise: Promise<Value>,
  signal: AbortSignal,
  other: Other,
): Promise<Value | Other> {
  if (signal.aborted) return other
  const left = Promise.withResolvers<Other>()
  const leave = () => left.resolve(other)
  signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([promise, left.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

/** The approvals that calls wait for. */
export function pendingIn(outcomes: Outcomes): readonly PendingApproval[] {
  return [...outcomes.values()].flatMap((outcome) =>
    outcome.kind === 'waits' ? [outcome.approval] : [],
  )
}
