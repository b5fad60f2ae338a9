import type { EventRules } from '../../contract/llm.ts'
import { isRecord } from '../../kit/is-record.ts'
import { countOf, textOf, usageOf } from './event.ts'
import type { Fields, LlmEvent, ReadFields } from './event.ts'
import { failureOfStatus, retryAfterMs } from './failure-of.ts'

type Rule = EventRules[number]

/** Reads output of a kind that the configuration describes; every rule that fits a line applies. */
export function readMapped(rules: EventRules, now: () => number): ReadFields {
  const pieces: string[] = []
  return (fields) =>
    rules
      .filter((rule) => isFitting(rule, fields))
      .flatMap((rule) => [...apply(rule, fields, now)])
      .map((event) => completed(event, pieces))
}

function isFitting({ when }: Rule, fields: Fields): boolean {
  return Object.entries(when).every(([path, value]) => valueAt(fields, path) === value)
}

function* apply(rule: Rule, fields: Fields, now: () => number): Iterable<LlmEvent> {
  const at = (path: string | undefined) => (path === undefined ? undefined : valueAt(fields, path))
  const session = textOf(at(rule.session))
  const text = textOf(at(rule.delta))
  const tool = textOf(at(rule.tool))
  if (session !== '') yield { kind: 'start', session }
  if (text !== '') yield { kind: 'delta', text }
  if (tool !== '') yield { kind: 'tool', name: tool, phase: 'start' }
  yield* usageOf({
    input_tokens: at(rule.inputTokens),
    cached_input_tokens: undefined,
    output_tokens: at(rule.outputTokens),
    reasoning_tokens: undefined,
    cost_usd: at(rule.costUsd),
  })
  const final = at(rule.final)
  if (typeof final === 'string') yield { kind: 'final', text: final }
  if (rule.error !== undefined && at(rule.error) !== undefined) {
    yield errorOf(at(rule.error), at(rule.status), retryAfterMs(at(rule.retryAfterSeconds), now()))
  }
}

function errorOf(error: unknown, status: unknown, waitMs: number | undefined): LlmEvent {
  const message = typeof error === 'string' ? error : (JSON.stringify(error) ?? 'it failed')
  return {
    kind: 'error',
    message,
    failure: failureOfStatus(countOf(status) ?? Number(textOf(status))),
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
  }
}

/** A last line without the answer in it still tells that the pieces are all there. */
function completed(event: LlmEvent, pieces: string[]): LlmEvent {
  if (event.kind === 'delta') pieces.push(event.text)
  return event.kind === 'final' && event.text === '' ? { ...event, text: pieces.join('') } : event
}

/** The value at `part.text`, or at `choices.0.delta`. */
function valueAt(fields: Fields, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return /^\d{1,6}$/.test(key) ? value[Number(key)] : undefined
    return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
  }, fields)
}
