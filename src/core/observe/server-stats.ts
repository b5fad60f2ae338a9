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
  readonly durations = new DurationHistogram()
  readonly #failures = new Map<FailureCode, FailureCounts>()
  readonly #retriesDenied = new Map<string, number>()
  readonly #shed = new Map<string, number>()

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
    increase(this.#retriesDenied, reason)
  }

  /** A call was refused before anything was done for it; `reason` is one of a few words of ours. */
  shed(reason: string): void {
    increase(this.#shed, reason)
  }

  noise(kind: 'unreadable' | 'late' | 'forged'): void {
    if (kind === 'late') this.lateReplies++
    else if (kind === 'forged') this.forgedReplies++
    else this.unreadable++
  }

  get failuresByCode(): ReadonlyMap<FailureCode, Readonly<FailureCounts>> {
    return this.#failures
  }

  get retriesDeniedByReason(): ReadonlyMap<string, number> {
    return this.#retriesDenied
  }

  get shedByReason(): ReadonlyMap<string, number> {
    return this.#shed
  }

  #failed(code: FailureCode, phase: Phase): void {
    this.failures++
    let counts = this.#failures.get(code)
    if (!counts) this.#failures.set(code, (counts = { not_sent: 0, maybe_sent: 0, answered: 0 }))
    counts[phase]++
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
