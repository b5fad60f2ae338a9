import type { LlmProgram, LlmUsage, RunFailure } from '../contract/llm.ts'
import type { ErrorEvent, LlmEvent } from './events/event.ts'

/** How one start of the program ended. */
export interface Attempt {
  /** What ended it, when it was not the program itself. */
  readonly endedBy?: EndedBy | undefined
  readonly code: number | null
  readonly signal: string | null
  /** Which limit of the system it went beyond. */
  readonly reason?: string | undefined
  readonly stderr: readonly string[]
  readonly told: Told
}

export type EndedBy =
  | 'cancelled'
  | 'timeout'
  | 'idle_timeout'
  | 'output_limit'
  /** It was going to wait by itself for longer than it may run. */
  | 'patience'
  /** It had given its answer and did not end. */
  | 'lingering'

/** What it reported until then. */
export interface Told {
  readonly session?: string
  readonly pieces: string
  readonly final?: { readonly text: string; readonly structured?: unknown }
  readonly error?: ErrorEvent
  readonly usage?: LlmUsage
  readonly hasUsedTools: boolean
  /** Why it last tried again by itself. */
  readonly waitingFor?: string
  readonly resetsAtMs?: number
}

export const nothingTold: Told = { pieces: '', hasUsedTools: false }

/** What is known of an attempt after one more event. */
export function hear(told: Told, event: LlmEvent): Told {
  switch (event.kind) {
    case 'start':
      return { ...told, session: event.session }
    case 'delta':
      return { ...told, pieces: told.pieces + event.text }
    case 'tool':
      return { ...told, hasUsedTools: true }
    case 'retry':
      return { ...told, waitingFor: event.reason }
    case 'limit':
      return event.isRejected && event.resetsAtMs !== undefined
        ? { ...told, resetsAtMs: event.resetsAtMs }
        : told
    case 'usage':
      return { ...told, usage: event.usage }
    case 'final': {
      const { kind: _, ...final } = event
      return { ...told, final }
    }
    case 'error':
      return { ...told, error: event }
  }
}

export type Verdict = Answered | Failed

export interface Answered {
  readonly isAnswered: true
  readonly text: string
  readonly structured?: unknown
}

export interface Failed {
  readonly isAnswered: false
  readonly failure: RunFailure
  readonly message: string
  /** Whether the program said so by the structure of its output or its exit code, before it had done anything. */
  readonly isRefusal: boolean
  readonly retryAfterMs?: number | undefined
  readonly resetsAtMs?: number | undefined
}

const stopped: Readonly<Record<Exclude<EndedBy, 'lingering'>, string>> = {
  cancelled: 'it was cancelled',
  timeout: 'it took too long',
  idle_timeout: 'it printed nothing for too long',
  output_limit: 'it printed too much',
  patience: 'it would have waited longer than it may run',
}

/** What one attempt came to: structure counts before text, and text of an answer counts never. */
export function judge(attempt: Attempt, program: LlmProgram): Verdict {
  const { endedBy, code, told } = attempt
  const isOver = endedBy === 'lingering' || code === 0
  if (endedBy !== undefined && endedBy !== 'lingering') return stoppedVerdict(attempt, endedBy)
  if (told.error) return refused(told.error, attempt, program)
  if (isOver && told.final) return { isAnswered: true, ...told.final }
  if (isOver && told.pieces !== '') return { isAnswered: true, text: told.pieces }
  return exitVerdict(attempt, program)
}

function stoppedVerdict({ told }: Attempt, endedBy: keyof typeof stopped): Failed {
  const waited = told.waitingFor === undefined ? '' : ` while it waited for ${told.waitingFor}`
  const isPatience = endedBy === 'patience'
  return {
    isAnswered: false,
    failure: isPatience ? 'rate_limit' : endedBy,
    message: `${stopped[endedBy]}${waited}`,
    isRefusal: false,
    resetsAtMs: told.resetsAtMs,
  }
}

function refused(error: ErrorEvent, { told, code }: Attempt, program: LlmProgram): Failed {
  const { message, failure, retryAfterMs, resetsAtMs = told.resetsAtMs } = error
  // Some say that they failed by an event, and why by their exit code only.
  const other = failure === 'failed' ? failureOfCode(code, program) : failure
  const byText = other === 'failed' ? failureInText(message, program) : undefined
  return {
    isAnswered: false,
    failure: byText ?? other,
    message,
    isRefusal: !hasWorked(told, message),
    retryAfterMs,
    resetsAtMs,
  }
}

function exitVerdict(attempt: Attempt, program: LlmProgram): Failed {
  const { code, signal, reason, stderr, told } = attempt
  const said = stderr.slice(-3).join(' | ').slice(0, 600)
  const byCode = code === null ? undefined : program.exitCodes[String(code)]
  const byText = failureInText(stderr.slice(-50).join('\n'), program)
  const end =
    reason ?? (signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`)
  const failure = byCode ?? byText ?? 'failed'
  // A program without events has no other structure than to fail and to have said nothing.
  const isStructured = byCode !== undefined || program.events === 'text'
  return {
    isAnswered: false,
    failure: failure === 'cancelled' ? 'failed' : failure,
    message: code === 0 ? 'it ended without an answer' : said === '' ? end : `${end}: ${said}`,
    isRefusal: isStructured && !hasWorked(told, said),
    resetsAtMs: told.resetsAtMs,
  }
}

/** What has begun to answer or to use tools is not started again. Some print their error in place of an answer. */
function hasWorked({ pieces, hasUsedTools }: Told, message: string): boolean {
  return hasUsedTools || (pieces !== '' && pieces.trim() !== message.trim())
}

/** What a program means by its exit code that was not cancelled by us. */
function failureOfCode(code: number | null, { exitCodes }: LlmProgram): RunFailure {
  const failure = exitCodes[String(code)] ?? 'failed'
  return failure === 'cancelled' ? 'failed' : failure
}

function failureInText(text: string, { rateLimit, auth }: LlmProgram): RunFailure | undefined {
  const said = text.toLowerCase()
  const tells = (patterns: readonly string[]) =>
    patterns.some((pattern) => said.includes(pattern.toLowerCase()))
  if (tells(rateLimit)) return 'rate_limit'
  return tells(auth) ? 'auth' : undefined
}
