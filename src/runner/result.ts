import type { LlmProgram, LlmResult, RunFailure } from '../contract/llm.ts'
import type { RunRequest } from './check-request.ts'
import { extractJson, fallbackJson } from './json.ts'
import type { Answered, Failed, Told } from './verdict.ts'

/** What all results of a run have, whatever became of it. */
export interface RunFacts {
  readonly runId: string
  readonly program: string
  readonly request: RunRequest
  readonly attempts: number
  readonly tookMs: number
  readonly nowMs: number
  readonly told: Told
}

export function answered(verdict: Answered, facts: RunFacts): LlmResult {
  return { success: true, ...common(facts), ...outputOf(verdict.text), ...jsonOf(verdict, facts) }
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
    remedy: remedies[failure](program),
    ...(waitMs !== undefined && waitMs > 0 && { retry_after: Math.ceil(waitMs / 1000) }),
    ...(resetsAtMs !== undefined && { resets_at: new Date(resetsAtMs).toISOString() }),
  }
}

/** Clients close a connection over which too large a message comes. */
const outputCharacters = 1_048_576

function outputOf(text: string) {
  return text.length <= outputCharacters
    ? { output: text }
    : { output: text.slice(0, outputCharacters).toWellFormed(), output_truncated: true }
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

function jsonOf({ text, structured }: Answered, { request }: RunFacts) {
  if (structured !== undefined) return { parsed_json: structured, json_source: 'schema' as const }
  const isAsked = request.isJson === true || request.schema !== undefined
  if (!isAsked || text.length > outputCharacters) return {}
  const found = extractJson(text)
  return found
    ? { parsed_json: found.value, json_source: found.source }
    : { parsed_json: fallbackJson(request.prompt, text), json_source: 'fallback' as const }
}

const remedies: Readonly<Record<RunFailure, (program: LlmProgram['name']) => string>> = {
  rate_limit: () => 'Wait a moment and try again, or use another model.',
  usage_limit: () => 'Wait until the limit ends, or use another program.',
  overloaded: () => 'Try again in a moment, or use another model.',
  auth: (program) =>
    `Sign in: start \`${program}\` in a terminal, or pass its key on with \`llm.programs.${program}.passEnv\`.`,
  invalid: () => 'Correct the request.',
  missing: (program) =>
    `Install it, or say in \`llm.programs.${program}.command\` where it is; \`get_llm_status\` lists what is there.`,
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
