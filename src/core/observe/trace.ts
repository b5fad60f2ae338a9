import type { ByteText } from '../../wire/bytes.ts'
import type { Call, Outcome, Rule } from '../call/call.ts'

/** Follows calls for whoever collects traces; there is one only when the operator asked for it. */
export interface Tracer {
  /** A call has come in; its client may have said which trace it belongs to. */
  begin(call: Call): CallTrace
}

/** One call as a trace sees it: it came in, it was sent, it ended. */
export interface CallTrace {
  /** What the server is told it belongs to, as a JSON string. */
  readonly traceparent: ByteText
  /** False when the client named no trace that can be continued: its `tracestate` means nothing then. */
  readonly continuesClient: boolean
  /** An attempt goes out to the server; the first is 1. */
  sent(attempt: number): void
  ended(outcome: Outcome): void
}

/** The outermost rule: a trace sees the whole time of a call, its waiting too. */
export function withTrace(tracer: Tracer): Rule {
  return (next) => (call, done) => {
    const trace = tracer.begin(call)
    call.trace = trace
    next(call, (outcome) => {
      trace.ended(outcome)
      done(outcome)
    })
  }
}

/** The innermost rule: says when an attempt goes out. */
export const withAttempts: Rule = (next) => (call, done) => {
  call.trace?.sent(call.attempts)
  next(call, done)
}
