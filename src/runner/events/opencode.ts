import { isRecord } from '../../kit/is-record.ts'
import { textOf, usageOf } from './event.ts'
import type { Fields, LlmEvent, ReadFields } from './event.ts'
import { failureOfStatus, retryAfterMs } from './failure-of.ts'

interface Heard {
  session: string
  /** The texts since the last step began; the last step is the answer. */
  texts: string[]
  hasStepEnded: boolean
  input: number
  output: number
  cached: number
  reasoning: number
  cost: number
}

/** Reads the output of `opencode run --format json`: whole parts, step by step. */
export function readOpencode(now: () => number): ReadFields {
  const heard: Heard = {
    session: '',
    texts: [],
    hasStepEnded: false,
    input: 0,
    output: 0,
    cached: 0,
    reasoning: 0,
    cost: 0,
  }
  return (fields) => [...sessionOf(fields, heard), ...readEvent(fields, heard, now)]
}

function sessionOf({ sessionID: session }: Fields, heard: Heard): readonly LlmEvent[] {
  if (typeof session !== 'string' || session === '' || session === heard.session) return []
  heard.session = session
  return [{ kind: 'start', session }]
}

function readEvent(fields: Fields, heard: Heard, now: () => number): readonly LlmEvent[] {
  const part = isRecord(fields['part']) ? fields['part'] : {}
  switch (fields['type']) {
    case 'step_start':
      if (heard.hasStepEnded) heard.texts = []
      heard.hasStepEnded = false
      return []
    case 'text':
      return readText(textOf(part['text']), heard)
    case 'tool_use':
      return readTool(part)
    case 'step_finish':
      heard.hasStepEnded = true
      return [...addUsage(part, heard), ...answerOf(part, heard)]
    case 'error':
      return [readError(fields['error'], now())]
    default:
      return []
  }
}

function readText(text: string, heard: Heard): readonly LlmEvent[] {
  if (text === '') return []
  heard.texts.push(text)
  return [{ kind: 'delta', text }]
}

function readTool(part: Fields): readonly LlmEvent[] {
  const status = isRecord(part['state']) ? part['state']['status'] : undefined
  const phase = status === 'completed' || status === 'error' ? 'end' : 'start'
  return [{ kind: 'tool', name: textOf(part['tool']), phase }]
}

function readError(error: unknown, nowMs: number): LlmEvent {
  const data = isRecord(error) && isRecord(error['data']) ? error['data'] : {}
  const headers = isRecord(data['responseHeaders']) ? data['responseHeaders'] : {}
  const waitMs = retryAfterMs(headers['retry-after'], nowMs)
  const name = isRecord(error) ? textOf(error['name']) : ''
  return {
    kind: 'error',
    message: textOf(data['message']) || name || 'it failed',
    failure: name === 'ProviderAuthError' ? 'auth' : failureOfStatus(data['statusCode']),
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
  }
}

/** A step that ended in calls of tools is followed by another one. */
function answerOf({ reason }: Fields, heard: Heard): readonly LlmEvent[] {
  return reason === 'tool-calls' ? [] : [{ kind: 'final', text: heard.texts.join('') }]
}

/** Each step counts for itself. */
function addUsage(part: Fields, heard: Heard): readonly LlmEvent[] {
  const tokens = isRecord(part['tokens']) ? part['tokens'] : {}
  const cache = isRecord(tokens['cache']) ? tokens['cache'] : {}
  heard.input += numberOf(tokens['input'])
  heard.output += numberOf(tokens['output'])
  heard.reasoning += numberOf(tokens['reasoning'])
  heard.cached += numberOf(cache['read'])
  heard.cost += numberOf(part['cost'])
  return usageOf({
    input_tokens: heard.input,
    cached_input_tokens: heard.cached,
    output_tokens: heard.output,
    reasoning_tokens: heard.reasoning,
    cost_usd: heard.cost,
  })
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)
