import type { FailureCode } from '../../contract/failure.ts'
import type { Outcome, Phase } from '../call/call.ts'
import { DurationHistogram } from './duration-histogram.ts'

/** How often calls of one server failed with one code, by how far they had got. */
export type FailureCounts = Record<Phase, number>

/** What happened to the calls of one server, in numbers that only grow; counting one allocates nothing. */
export class ServerStats {
  /** Calls that came in. */
  begun = 0
  inFlight = 0
  /** Answers that were results, and answers in which the server said an error. */
  results = 0
  errors = 0
  failures = 0
  /** Attempts after the first one of a call. */
  retries = 0
  /** Answers to calls that had been given up. */
  lateReplies = 0
  /** Answers to what was never asked. */
  forgedReplies = 0
  /** Messages that could not be read. */
  unreadable = 0
  restarts = 0
  breakerOpenings = 0
  /** How often a tool was found not to be what it was. */
  toolChanges = 0
  /** As of the last list: tools that wait for approval, and entries that are not shown. */
  waitingTools = 0
  leftOut = 0
  readonly durations = new DurationHistogram()
  /** Made when there is something to count: there may be thousands of servers, and most are well. */
  #failures: Map<FailureCode, FailureCounts> | undefined
  #retriesDenied: Map<string, number> | undefined
  #shed: Map<string, number> | undefined

  began(): void {
    this.begun++
    this.inFlight++
  }

  ended(outcome: Outcome, durationMs: number): void {
    this.inFlight--
    this.durations.add(durationMs)
    if (outcome.kind === 'failure') this.#failed(outcome.error.code, outcome.phase)
    else if (outcome.reply.isError) this.errors++
    else this.results++
  }

  /** A failed call was not sent again; `reason` is one of a few words of ours. */
  retryDenied(reason: string): void {
    increase((this.#retriesDenied ??= new Map()), reason)
  }

  /** A call was refused before anything was done for it; `reason` is one of a few words of ours. */
  shed(reason: string): void {
    increase((this.#shed ??= new Map()), reason)
  }

  noise(kind: 'unreadable' | 'late' | 'forged'): void {
    if (kind === 'late') this.lateReplies++
    else if (kind === 'forged') this.forgedReplies++
    else this.unreadable++
  }

  get failuresByCode(): ReadonlyMap<FailureCode, Readonly<FailureCounts>> {
    return this.#failures ?? none
  }

  get retriesDeniedByReason(): ReadonlyMap<string, number> {
    return this.#retriesDenied ?? none
  }

  get shedByReason(): ReadonlyMap<string, number> {
    return this.#shed ?? none
  }

  #failed(code: FailureCode, phase: Phase): void {
    this.failures++
    const failures = (this.#failures ??= new Map())
    let counts = failures.get(code)
    if (!counts) failures.set(code, (counts = { not_sent: 0, maybe_sent: 0, answered: 0 }))
    counts[phase]++
  }
}

const none: ReadonlyMap<never, never> = new Map<never, never>()

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
