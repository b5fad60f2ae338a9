import type { CallRecord, ChaosEvent, History, Terminal } from './history.ts'

/**
 * What must hold whatever happens. This checker proves I1 to I4 from what callers and servers wrote down, and
 * reports each breach under its name; I5 to I8 are written here to be whole, and have tests of their own.
 *
 * I1  Every accepted request gets exactly one terminal outcome (result, error or cancelled), within its deadline.
 * I2  A reply reaches only the caller whose request caused it.
 * I3  No tool call is executed by a server more than once unless policy said so; what is said not to have been
 *     executed was not, what has a result was, and nobody is left in doubt without a cause.
 * I4  After the end of any component there is no orphan process, and nothing is held for calls that have ended.
 * I5  No secret appears in any log, error, metric, trace, process argument or page.
 * I6  A caller without a scope makes no observable difference to a server guarded by it.
 * I7  The memory held for any one peer is bounded by a configured constant.
 * I8  The configuration that one request sees is of a single generation.
 */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4'

export interface Breach {
  readonly invariant: Invariant
  readonly what: string
}

export interface CheckOptions {
  /** Tools that policy allows to be run again. */
  readonly repeatable: ReadonlySet<string>
  /** No call may take longer. */
  readonly deadlineMs: number
  /** How many calls were under way at once: no event can leave more of them in doubt. */
  readonly callers?: number
  /** How long after an event its effects still show. */
  readonly marginMs?: number
}

export interface Verdict {
  readonly breaches: readonly Breach[]
  readonly calls: number
  readonly results: number
  readonly notExecuted: number
  /** Left in doubt, each with a cause where there is no breach. */
  readonly unknown: number
  readonly lost: number
  /** Executions beyond the first, of tools that may be repeated. */
  readonly repeats: number
  /** How often each failure came, by its code. */
  readonly failures: Readonly<Record<string, number>>
}

interface Ran {
  times: number
  readonly server: string
  readonly tool: string
}

export function checkHistory(history: History, options: CheckOptions): Verdict {
  const breaches: Breach[] = []
  const report: Report = (invariant, what) => void breaches.push({ invariant, what })
  const ran = executionsByCall(history)
  const counts = { calls: 0, results: 0, notExecuted: 0, unknown: 0, lost: 0, repeats: 0 }
  const failures: Record<string, number> = {}
  const doubts = new Map<ChaosEvent, number>()

  for (const call of history.calls) {
    counts.calls += 1
    const execution = ran.get(call.callId)
    ran.delete(call.callId)
    const [terminal] = call.outcomes
    checkOutcomes(call, options, report)
    checkReply(call, execution, report)
    checkExecutions(call, { execution, terminal, options }, report)
    counts.repeats += Math.max(0, (execution?.times ?? 0) - 1)
    if (terminal) tally(terminal, counts, failures)
    if (!isInDoubt(terminal)) continue
    const cause = causeOf(call, history.events, options)
    if (cause) doubts.set(cause, (doubts.get(cause) ?? 0) + 1)
    else
      report(
        'I3',
        `${named(call)} ended as ${printed(terminal)} without a cause; ${ranTimes(execution)}`,
      )
  }
  checkDoubts(doubts, options, report)
  for (const [callId, { server, tool }] of ran)
    report('I2', `"${server}" ran ${tool} for ${callId}, which nobody called`)
  checkLeftovers(history, report)
  return { breaches, ...counts, failures }
}

type Report = (invariant: Invariant, what: string) => void

function executionsByCall({ executions }: History): Map<string, Ran> {
  const ran = new Map<string, Ran>()
  for (const { callId, server, tool } of executions) {
    const known = ran.get(callId)
    if (known) known.times += 1
    else ran.set(callId, { times: 1, server, tool })
  }
  return ran
}

function checkOutcomes(call: CallRecord, { deadlineMs }: CheckOptions, report: Report): void {
  const { outcomes, sentAtMs, endedAtMs } = call
  if (outcomes.length === 0) return report('I1', `${named(call)} was never answered`)
  if (outcomes.length > 1)
    report('I1', `${named(call)} was answered ${outcomes.length} times: ${printed(...outcomes)}`)
  const tookMs = Math.round(endedAtMs - sentAtMs)
  if (tookMs > deadlineMs) report('I1', `${named(call)} took ${tookMs} ms of ${deadlineMs}`)
}

function checkReply(call: CallRecord, execution: Ran | undefined, report: Report): void {
  const { nonce, echoed, server, tool, outcomes } = call
  if (echoed !== undefined && echoed !== nonce)
    report('I2', `${named(call)} said ${nonce} and was answered ${echoed}`)
  const isCall = !tool.includes('/')
  if (isCall && echoed === undefined && outcomes[0]?.kind === 'result')
    report('I2', `${named(call)} has a result without what it said`)
  if (execution && (execution.server !== server || execution.tool !== tool))
    report('I2', `${named(call)} was run as ${execution.tool} by "${execution.server}"`)
}

interface Ended {
  readonly execution: Ran | undefined
  readonly terminal: Terminal | undefined
  readonly options: CheckOptions
}

function checkExecutions(call: CallRecord, ended: Ended, report: Report): void {
  const { execution, terminal, options } = ended
  const times = execution?.times ?? 0
  if (times > 1 && !options.repeatable.has(call.tool))
    report('I3', `${named(call)} was run ${times} times`)
  if (terminal?.kind === 'error') {
    if (terminal.outcome === 'unsaid')
      report('I3', `${named(call)} failed (${terminal.code}) without a word on whether it ran`)
    if (terminal.outcome === 'not_executed' && times > 0)
      report('I3', `${named(call)} was said not to have run (${terminal.code}), and ran`)
  }
  const isCall = !call.tool.includes('/')
  if (terminal?.kind === 'result' && isCall && times === 0)
    report('I3', `${named(call)} has a result and never ran`)
}

function checkLeftovers({ left }: History, report: Report): void {
  for (const orphan of left?.orphans ?? []) report('I4', `${orphan} still runs`)
  for (const [where, count] of Object.entries(left?.held ?? {}))
    if (count > 0) report('I4', `${where} still holds ${count}`)
}

function isInDoubt(terminal: Terminal | undefined): terminal is Terminal {
  return terminal?.kind === 'lost' || (terminal?.kind === 'error' && terminal.outcome === 'unknown')
}

const defaultMarginMs = 1000

/** What was last done to the server of this call while it was under way. */
function causeOf(
  { server, sentAtMs, endedAtMs }: CallRecord,
  events: readonly ChaosEvent[],
  { marginMs = defaultMarginMs }: CheckOptions,
): ChaosEvent | undefined {
  return events.findLast(
    ({ servers, fromMs, untilMs }) =>
      servers.includes(server) && fromMs <= endedAtMs && sentAtMs <= untilMs + marginMs,
  )
}

function checkDoubts(
  doubts: ReadonlyMap<ChaosEvent, number>,
  { callers = Infinity }: CheckOptions,
  report: Report,
): void {
  for (const [{ kind, servers, fromMs }, count] of doubts) {
    const event = `"${kind}" of ${servers.join(', ')} at ${Math.round(fromMs)} ms`
    if (count > callers)
      report('I3', `${event} left ${count} calls in doubt, of ${callers} callers`)
  }
}

function ranTimes(execution: Ran | undefined): string {
  return `it ran ${execution?.times ?? 0} times`
}

function tally(
  terminal: Terminal,
  counts: { results: number; notExecuted: number; unknown: number; lost: number },
  failures: Record<string, number>,
): void {
  if (terminal.kind === 'result') return void (counts.results += 1)
  const name = terminal.kind === 'lost' ? 'connection lost' : `${terminal.outcome} ${terminal.code}`
  failures[name] = (failures[name] ?? 0) + 1
  if (terminal.kind === 'lost') counts.lost += 1
  else if (terminal.outcome === 'not_executed') counts.notExecuted += 1
  else if (terminal.outcome === 'unknown') counts.unknown += 1
}

function named({ callId, transport, server, tool, sentAtMs }: CallRecord): string {
  return `${callId} (${tool} of "${server}" over ${transport}, at ${Math.round(sentAtMs)} ms)`
}

function printed(...terminals: readonly Terminal[]): string {
  return terminals.map((terminal) => Object.values(terminal).join(' ')).join(', ')
}
