import type { CheckValue, ValueProblem } from '../contract/check-value.ts'
import type { LlmResult } from '../contract/llm.ts'
import type { RunRequest } from './check-request.ts'
import { extractJson, fallbackJson } from './json.ts'
import type { Answered } from './verdict.ts'

/** The JSON of an answer, and in what it is not what was asked for. */
export interface AnswerJson {
  readonly value?: unknown
  readonly source?: LlmResult['json_source']
  readonly problems: readonly ValueProblem[]
  readonly ignoredPatterns: readonly string[]
}

/** JSON is not looked for in a longer answer. */
export const jsonCharacters = 1_048_576

const good = { problems: [], ignoredPatterns: [] } as const

/** Undefined when nobody asked for JSON. */
export async function readAnswerJson(
  answer: Answered,
  { prompt, isJson = false, schema }: RunRequest,
  check: (schema: unknown, value: unknown) => ReturnType<CheckValue>,
): Promise<AnswerJson | undefined> {
  const found = findJson(answer, isJson || schema !== undefined)
  if (schema === undefined) {
    if (found) return { ...found, ...good }
    const isLookedFor = isJson && answer.text.length <= jsonCharacters
    return isLookedFor
      ? { value: fallbackJson(prompt, answer.text), source: 'fallback', ...good }
      : undefined
  }
  if (!found)
    return { ...good, problems: [{ path: '', message: 'there is no JSON in the answer' }] }
  const checked = await check(schema, found.value)
  switch (checked.kind) {
    case 'fits':
      return { ...found, problems: [], ignoredPatterns: checked.ignoredPatterns }
    case 'differs':
      return { ...found, problems: checked.problems, ignoredPatterns: checked.ignoredPatterns }
    case 'unusable':
      return { ...found, ...good, problems: [{ path: '', message: checked.message }] }
  }
}

function findJson({ text, structured }: Answered, isAsked: boolean) {
  if (structured !== undefined) return { value: structured, source: 'schema' as const }
  return isAsked && text.length <= jsonCharacters ? extractJson(text) : undefined
}

/** The problems in one line. */
export function problemText(problems: readonly ValueProblem[]): string {
  return problems
    .map(({ path, message }) => (path === '' ? message : `${path} ${message}`))
    .join('; ')
}
