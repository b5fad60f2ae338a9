import { z } from 'zod'

import type { Llm, LlmProgramEntry } from './config/schema-llm.ts'

export type LlmConfig = Readonly<z.output<typeof Llm>>

/** What the configuration says of one program. */
export type LlmProgramConfig = Readonly<z.output<typeof LlmProgramEntry>>

/** What a program may do: nothing but answer, or change files of its folder too. */
export type Permission = keyof Required<NonNullable<LlmProgramConfig['permissions']>>

type Optional = 'model' | 'cwd' | 'versionArgs' | 'authCheck'

/** A program with everything said about it. */
export interface LlmProgram
  extends
    Readonly<Omit<Required<LlmProgramConfig>, Optional | 'like' | 'permissions'>>,
    Pick<LlmProgramConfig, Optional> {
  readonly name: string
  readonly permissions: Readonly<Record<Permission, PermissionRule>>
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
  'missing',
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
    error: z.string().optional(),
    error_class: RunFailure.optional(),
    remedy: z.string().optional().describe('What to do about the error.'),
    retry_after: z.number().optional().describe('In how many seconds to try again.'),
    resets_at: z.string().optional().describe('When a limit ends.'),
    execution_time: z.number().optional().describe('Seconds from start to end, waits included.'),
    session_id: z.string().optional().describe('With it, `resume_llm` goes on.'),
    run_id: z.string(),
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
    state: z.enum(['queued', 'running', 'done', 'failed']),
    started_at: z.string(),
    ended_at: z.string().optional(),
    session_id: z.string().optional(),
    result: LlmResult.optional(),
  })
  .readonly()
export type RunRecord = z.infer<typeof RunRecord>
