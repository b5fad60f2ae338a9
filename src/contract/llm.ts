import { z } from 'zod'

import type { Llm, LlmProgramEntry } from './config/schema-llm.ts'

export type LlmConfig = Readonly<z.output<typeof Llm>>

/** What the configuration says of one program. */
export type LlmProgramConfig = Readonly<z.output<typeof LlmProgramEntry>>

/** What a program may do: nothing but answer, or change files of its folder too. */
export type Permission = keyof Required<NonNullable<LlmProgramConfig['permissions']>>

type Optional = 'model' | 'cwd' | 'versionArgs' | 'authCheck' | 'tools'

/** What becomes something else. */
type Resolved = 'like' | 'permissions' | 'sandbox' | 'kind' | 'baseUrl' | 'apiKey'

/** A program with everything said about it. */
export interface LlmProgram
  extends
    Readonly<Omit<Required<LlmProgramConfig>, Optional | Resolved>>,
    Pick<LlmProgramConfig, Optional> {
  readonly name: string
  readonly permissions: Readonly<Record<Permission, PermissionRule>>
  readonly sandbox: SandboxRule
  /** The API that is asked in place of a program, which then has no command. */
  readonly api?: LlmApi
}

export interface LlmApi {
  readonly baseUrl: string
  readonly apiKey?: string | undefined
}

interface SandboxRule extends Pick<NonNullable<LlmProgramConfig['sandbox']>, 'use'> {
  readonly read: readonly string[]
  readonly write: readonly string[]
}

interface PermissionRule {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** How output is read that is lines of JSON of a kind of its own. */
export type EventRules = Exclude<LlmProgram['events'], string>['jsonl']

/** Why a run brought no answer. */
export const RunFailure = z.enum([
  'rate_limit',
  'usage_limit',
  'overloaded',
  'auth',
  'invalid',
  'invalid_answer',
  'missing',
  'no_sandbox',
  'timeout',
  'idle_timeout',
  'output_limit',
  'queue_full',
  'cancelled',
  'lost',
  'failed',
])
export type RunFailure = z.infer<typeof RunFailure>

/** What a run cost; what the program does not tell is left out. */
export const LlmUsage = z
  .object({
    input_tokens: z.number().optional(),
    cached_input_tokens: z.number().optional(),
    output_tokens: z.number().optional(),
    reasoning_tokens: z.number().optional(),
    cost_usd: z.number().optional(),
    covers: z
      .enum(['run', 'session'])
      .describe('"session": the program counts the earlier runs of the session, too.'),
  })
  .readonly()
export type LlmUsage = z.infer<typeof LlmUsage>

/** The answer of a run, or why there is none. */
export const LlmResult = z
  .object({
    success: z.boolean(),
    model: z.string().describe('The program.'),
    output: z.string().optional().describe('What it answered; of a failed run, as far as it got.'),
    output_truncated: z
      .boolean()
      .optional()
      .describe('Whether the answer is longer; JSON is not looked for in it then.'),
    parsed_json: z.unknown().optional().describe('The JSON in the answer, when asked for.'),
    json_source: z
      .enum(['schema', 'answer', 'fence', 'text', 'fallback'])
      .optional()
      .describe(
        'Where `parsed_json` was found: what the program checked itself, the whole answer, a fenced block, or within the text; "fallback": nowhere, so it is {question, answer}.',
      ),
    unchecked_patterns: z
      .array(z.string())
      .optional()
      .describe('Patterns of the schema that were not looked at: they could take for ever.'),
    repaired: z
      .boolean()
      .optional()
      .describe('Whether this is the second answer, asked for because the first did not fit.'),
    problems: z
      .array(z.object({ path: z.string(), message: z.string() }).readonly())
      .readonly()
      .optional()
      .describe('In what the answer does not fit the schema; `path` is a JSON pointer.'),
    error: z.string().optional(),
    error_class: RunFailure.optional(),
    remedy: z.string().optional().describe('What to do about the error.'),
    retry_after: z.number().optional().describe('In how many seconds to try again.'),
    resets_at: z.string().optional().describe('When a limit ends.'),
    execution_time: z.number().optional().describe('Seconds from start to end, waits included.'),
    session_id: z.string().optional().describe('With it, `resume_llm` goes on.'),
    run_id: z.string(),
    state: z
      .enum(['queued', 'running'])
      .optional()
      .describe('Of a run that goes on by itself: `get_llm_run` tells what comes of it.'),
    attempts: z.int().describe('How often the program was started.'),
    usage: LlmUsage.optional(),
  })
  .readonly()
export type LlmResult = z.infer<typeof LlmResult>

/** A run as it is kept. */
export const RunRecord = z
  .object({
    run_id: z.string(),
    model: z.string(),
    principal: z.string().optional().describe('Who asked for it.'),
    state: z.enum(['queued', 'running', 'done', 'failed']),
    started_at: z.string(),
    ended_at: z.string().optional(),
    session_id: z.string().optional(),
    result: LlmResult.optional(),
  })
  .readonly()
export type RunRecord = z.infer<typeof RunRecord>

/** The same without what came of it. */
export const RunSummary = RunRecord.unwrap().omit({ result: true })

/** What is known of a program without asking a model. */
export const ProgramState = z.object({
  available: z.boolean(),
  message: z.string(),
  supports_json: z.boolean(),
  supports_streaming: z.boolean(),
  supports_schema: z.boolean().describe('Whether the program itself holds its model to a schema.'),
  supports_sessions: z.boolean(),
  sandboxed: z
    .boolean()
    .describe('Whether its runs find little of this machine and can change less.'),
  state: z.enum(['ready', 'logged_out', 'unknown', 'missing']),
  version: z.string().optional(),
  last_limit: z
    .object({ at: z.string(), error: z.string(), resets_at: z.string().optional() })
    .optional(),
})

export type ProgramState = z.input<typeof ProgramState>

/** The programs by name. */
export const LlmStatus = z.object({
  success: z.boolean(),
  models: z.record(z.string(), ProgramState),
  timestamp: z.string(),
})
