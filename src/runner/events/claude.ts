import type { RunFailure } from '../../contract/llm.ts'
import { isRecord } from '../../kit/is-record.ts'
import { failureOfStatus, retryAfterMs, statusIn } from './failure-of.ts'
import { countOf, textOf, usageOf } from './event.ts'
import type { Fields, LlmEvent, ReadFields } from './event.ts'

/** What claude says failed when an answer of the model did. */
const failures: Readonly<Record<string, RunFailure>> = {
  authentication_failed: 'auth',
  billing_error: 'usage_limit',
  rate_limit: 'rate_limit',
  overloaded: 'overloaded',
  server_error: 'overloaded',
  invalid_request: 'invalid',
}

/** What was heard before the result that the result itself does not tell. */
interface Heard {
  session: string | undefined
  hasPieces: boolean
  failure: RunFailure | undefined
  resetsAtMs: number | undefined
}

/** Reads the `stream-json` output of claude, which qwen prints as well. */
export function readClaude(): ReadFields {
  const heard: Heard = {
    session: undefined,
    hasPieces: false,
    failure: undefined,
    resetsAtMs: undefined,
  }
  return (fields) => [...sessionOf(fields, heard), ...readEvent(fields, heard)]
}

function sessionOf({ session_id: session }: Fields, heard: Heard): readonly LlmEvent[] {
  if (typeof session !== 'string' || session === '' || session === heard.session) return []
  heard.session = session
  return [{ kind: 'start', session }]
}

function readEvent(fields: Fields, heard: Heard): readonly LlmEvent[] {
  switch (fields['type']) {
    case 'stream_event':
      return readPiece(fields['event'], heard)
    case 'assistant':
      return readMessage(fields, heard)
    case 'user':
      return contentOf(fields).flatMap((part) =>
        part['type'] === 'tool_result' ? [{ kind: 'tool', name: '', phase: 'end' }] : [],
      )
    case 'system':
      return fields['subtype'] === 'api_retry' ? [readRetry(fields)] : []
    case 'rate_limit_event':
      return readLimit(fields['rate_limit_info'], heard)
    case 'result':
      return readResult(fields, heard)
    default:
      return []
  }
}

function readPiece(event: unknown, heard: Heard): readonly LlmEvent[] {
  if (!isRecord(event) || event['type'] !== 'content_block_delta') return []
  const { delta } = event
  const text = isRecord(delta) && delta['type'] === 'text_delta' ? textOf(delta['text']) : ''
  if (text === '') return []
  heard.hasPieces = true
  return [{ kind: 'delta', text }]
}

/** A whole message repeats the pieces it came in. */
function readMessage(fields: Fields, heard: Heard): readonly LlmEvent[] {
  const error = textOf(fields['error'])
  // The message that a limit was hit comes after what says which.
  if (error !== '' && heard.failure !== 'usage_limit') heard.failure = failures[error] ?? 'failed'
  const isRepeated = heard.hasPieces
  heard.hasPieces = false
  return contentOf(fields).flatMap((part): readonly LlmEvent[] => {
    if (part['type'] === 'tool_use')
      return [{ kind: 'tool', name: textOf(part['name']), phase: 'start' }]
    const text = part['type'] === 'text' ? textOf(part['text']) : ''
    return text === '' || isRepeated || error !== '' ? [] : [{ kind: 'delta', text }]
  })
}

function contentOf({ message }: Fields): readonly Fields[] {
  const content = isRecord(message) ? message['content'] : undefined
  return Array.isArray(content) ? content.filter(isRecord) : []
}

function readRetry(fields: Fields): LlmEvent {
  const delayMs = countOf(fields['retry_delay_ms'])
  const status = countOf(fields['error_status'])
  const reason = status === undefined ? 'the provider did not answer' : `HTTP ${status}`
  return { kind: 'retry', reason, ...(delayMs !== undefined && { delayMs }) }
}

function readLimit(info: unknown, heard: Heard): readonly LlmEvent[] {
  if (!isRecord(info)) return []
  const seconds = countOf(info['resetsAt'])
  const isRejected = info['status'] === 'rejected'
  const resetsAtMs = seconds === undefined ? undefined : seconds * 1000
  if (isRejected) {
    heard.failure = 'usage_limit'
    heard.resetsAtMs = resetsAtMs
  }
  return [{ kind: 'limit', isRejected, ...(resetsAtMs !== undefined && { resetsAtMs }) }]
}

/** `subtype: "success"` can come with `is_error: true`: only the latter counts. */
function readResult(fields: Fields, heard: Heard): readonly LlmEvent[] {
  const text = textOf(fields['result'])
  const structured = fields['structured_output']
  const usage = readUsage(fields)
  if (fields['is_error'] !== true) {
    return [...usage, { kind: 'final', text, ...(structured !== undefined && { structured }) }]
  }
  const message = text || errorText(fields) || textOf(fields['subtype']) || 'it failed'
  const status = fields['api_error_status'] ?? statusIn(message)
  const [, epoch] = /\|(\d{10})$/.exec(message) ?? []
  const resetsAtMs = epoch === undefined ? heard.resetsAtMs : Number(epoch) * 1000
  const told = status === undefined ? undefined : failureOfStatus(status)
  const failure = epoch === undefined ? (heard.failure ?? told ?? 'failed') : 'usage_limit'
  const waitMs = retryAfterMs(fields['retry_after'], 0)
  return [
    ...usage,
    {
      kind: 'error',
      message,
      failure,
      ...(resetsAtMs !== undefined && { resetsAtMs }),
      ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    },
  ]
}

/** claude has a list of errors, qwen one error. */
function errorText({ errors, error }: Fields): string {
  const first = Array.isArray(errors) ? textOf(errors.find((item) => typeof item === 'string')) : ''
  return first || (isRecord(error) ? textOf(error['message']) : '')
}

function readUsage(fields: Fields): readonly LlmEvent[] {
  const { usage } = fields
  const counts = isRecord(usage) ? usage : {}
  return usageOf({
    input_tokens: counts['input_tokens'],
    cached_input_tokens: counts['cache_read_input_tokens'],
    output_tokens: counts['output_tokens'],
    reasoning_tokens: undefined,
    cost_usd: fields['total_cost_usd'],
  })
}
