import type { LlmProgram, LlmUsage } from '../contract/llm.ts'
import type { AnswerJson } from './answer-json.ts'
import { problemText } from './answer-json.ts'
import type { RunRequest } from './check-request.ts'
import { problemOf } from './check-request.ts'
import type { Told } from './verdict.ts'

/** What a model has answered, and what is wrong with it. */
export interface Unfit {
  readonly text: string
  readonly json: AnswerJson
}

const shownCharacters = 20_000

/** The request that asks once more, in the session of the answer where the program can go on with it. */
export function repairRequest(
  request: RunRequest,
  program: LlmProgram,
  { text, json }: Unfit,
  session: string | undefined,
): RunRequest | undefined {
  if (request.repair !== true || request.schema === undefined) return undefined
  const wish = [
    `Your answer does not fit what was asked for: ${problemText(json.problems)}.`,
    'Answer again with JSON that fits this JSON Schema, and with nothing else:',
    JSON.stringify(request.schema),
  ]
  const isResumed = session !== undefined && program.resumeArgs.length > 0
  const answer = text.slice(0, shownCharacters).toWellFormed()
  const repeated = [request.prompt, 'You have answered this already:', answer, ...wish]
  const again: RunRequest = isResumed
    ? { ...request, prompt: wish.join('\n\n'), session }
    : { ...request, prompt: repeated.join('\n\n') }
  // A program that takes prompts as an argument may not be able to take this one.
  return problemOf(again, program, request.permission ?? 'safe') === undefined ? again : undefined
}

/** What both turns told, as if it had been one. */
export function joinTold(first: Told, second: Told): Told {
  const usage = joinUsage(first.usage, second.usage)
  return { ...first, ...second, ...(usage && { usage }) }
}

/** What a program counts over a whole session holds the first turn already. */
function joinUsage(first: LlmUsage | undefined, second: LlmUsage | undefined) {
  if (!first || !second || second.covers === 'session') return second ?? first
  const keys = [
    'input_tokens',
    'cached_input_tokens',
    'output_tokens',
    'reasoning_tokens',
    'cost_usd',
  ] as const
  const sums = keys.flatMap((key) => {
    const [one, other] = [first[key], second[key]]
    return one === undefined && other === undefined
      ? []
      : [[key, (one ?? 0) + (other ?? 0)] as const]
  })
  return { ...Object.fromEntries(sums), covers: 'run' as const }
}
