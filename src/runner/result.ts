import type { LlmProgram, LlmResult, RunFailure } from '../contract/llm.ts'
import { jsonCharacters, problemText } from './answer-json.ts'
import type { AnswerJson } from './answer-json.ts'
import type { RunRequest } from './check-request.ts'
import type { Answered, Failed, Told } from './verdict.ts'

/** What all results of a run have, whatever became of it. */
export interface RunFacts {
  readonly runId: string
  readonly program: string
  /** Whether it is no program but an API. */
  readonly isApi?: boolean
  readonly request: RunRequest
  readonly attempts: number
  readonly tookMs: number
  readonly nowMs: number
  readonly told: Told
}

/** An answer with the JSON in it, when that was asked for. */
export interface CheckedAnswer extends Answered {
  readonly json?: AnswerJson | undefined
  /** It was asked for once more. */
  readonly isRepair?: boolean
  /** Why there was no second answer. */
  readonly repairFailure?: string
}

export function answered(answer: CheckedAnswer, facts: RunFacts): LlmResult {
  const { text, json } = answer
  const isFit = json === undefined || json.problems.length === 0
  return {
    success: isFit,
    ...common(facts),
    ...outputOf(text),
    ...(json && jsonOf(json)),
    ...(answer.isRepair === true && { repaired: true }),
    ...(!isFit && unfit(json, answer.repairFailure, facts)),
  }
}

function jsonOf({ value, source, ignoredPatterns }: AnswerJson) {
  return {
    ...(source !== undefined && { parsed_json: value, json_source: source }),
    ...(ignoredPatterns.length > 0 && { unchecked_patterns: [...ignoredPatterns] }),
  }
}

function unfit({ problems }: AnswerJson, repairFailure: string | undefined, facts: RunFacts) {
  const { program } = facts
  const repair = repairFailure === undefined ? '' : `; asked again, ${repairFailure}`
  return {
    error: `${program}: the answer does not fit the schema: ${problemText(problems)}${repair}`,
    error_class: 'invalid_answer' as const,
    problems: [...problems],
    remedy: remedies.invalid_answer(program),
  }
}

export function failed(
  verdict: Omit<Failed, 'isRefusal' | 'isAnswered'>,
  facts: RunFacts,
): LlmResult {
  const { failure, message, retryAfterMs, resetsAtMs } = verdict
  const { program, told, nowMs } = facts
  const output = told.final?.text || told.pieces
  const waitMs = retryAfterMs ?? (resetsAtMs === undefined ? undefined : resetsAtMs - nowMs)
  return {
    success: false,
    ...common(facts),
    ...(output !== '' && outputOf(output)),
    error: `${program}: ${message}`,
    error_class: failure,
    remedy: remedyFor(failure, facts),
    ...(waitMs !== undefined && waitMs > 0 && { retry_after: Math.ceil(waitMs / 1000) }),
    ...(resetsAtMs !== undefined && { resets_at: new Date(resetsAtMs).toISOString() }),
  }
}

/** Of a run that did not come to its end because its runner did. */
export function lost(model: string): Pick<LlmResult, 'error' | 'error_class' | 'remedy'> {
  return {
    error: `${model}: its runner was ended while it ran`,
    error_class: 'lost',
    remedy: remedies.lost(model),
  }
}

/** Clients close a connection over which too large a message comes. */
function outputOf(text: string) {
  return text.length <= jsonCharacters
    ? { output: text }
    : { output: text.slice(0, jsonCharacters).toWellFormed(), output_truncated: true }
}

function common({ runId, program, attempts, tookMs, told, request }: RunFacts) {
  const session = told.session ?? request.session
  return {
    model: program,
    run_id: runId,
    attempts,
    execution_time: Math.round(tookMs) / 1000,
    ...(session !== undefined && { session_id: session }),
    ...(told.usage && { usage: usageOf(told.usage, request) }),
  }
}

/** A session that has just begun holds this run and nothing else. */
function usageOf(usage: NonNullable<Told['usage']>, { session }: RunRequest) {
  return session === undefined ? { ...usage, covers: 'run' as const } : usage
}

function remedyFor(failure: RunFailure, { program, isApi = false }: RunFacts): string {
  const ofApi = isApi ? apiRemedies[failure] : undefined
  return (ofApi ?? remedies[failure])(program)
}

type Remedy = (program: LlmProgram['name']) => string

const apiRemedies: Readonly<Partial<Record<RunFailure, Remedy>>> = {
  auth: (program) => `Set \`llm.programs.${program}.apiKey\` to a key that is good there.`,
  failed: (program) =>
    `See that \`llm.programs.${program}.baseUrl\` is right and can be reached from here.`,
}

const remedies: Readonly<Record<RunFailure, Remedy>> = {
  rate_limit: () => 'Wait a moment and try again, or use another model.',
  usage_limit: () => 'Wait until the limit ends, or use another program.',
  overloaded: () => 'Try again in a moment, or use another model.',
  auth: (program) =>
    `Sign in: start \`${program}\` in a terminal, or pass its key on with \`llm.programs.${program}.passEnv\`.`,
  invalid: () => 'Correct the request.',
  invalid_answer: () =>
    'Ask with `repair`, which asks once more, say in the prompt what the answer has to look like, or loosen the schema.',
  missing: (program) =>
    `Install it, or say in \`llm.programs.${program}.command\` where it is; \`get_llm_status\` lists what is there.`,
  no_sandbox: () =>
    'Install bubblewrap (`bwrap`), or set `llm.sandbox` to "auto" to run programs without a sandbox where there is none.',
  timeout: () => 'Give a longer `timeout`, or ask for less at once.',
  idle_timeout: (program) => `Raise \`llm.programs.${program}.idleTimeoutMs\`.`,
  output_limit: (program) =>
    `Ask for less at once, or raise \`llm.programs.${program}.outputBytes\`.`,
  queue_full: () => 'Try again when other runs have ended; `list_llm_runs` shows them.',
  cancelled: () => 'Run it again if it is still wanted.',
  lost: () => 'Run it again.',
  failed: (program) =>
    `Run \`${program}\` by hand to see more; \`get_llm_run\` with \`log\` shows what it printed.`,
}
