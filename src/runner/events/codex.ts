import { isRecord } from '../../kit/is-record.ts'
import { textOf, usageOf } from './event.ts'
import type { Fields, LlmEvent, ReadFields } from './event.ts'
import { failureOfStatus, statusIn } from './failure-of.ts'

const toolKinds = new Set(['command_execution', 'file_change', 'mcp_tool_call', 'web_search'])

interface Heard {
  answer: string
  hasEnded: boolean
}

/** Reads the output of `codex exec --json`: whole items, of which the last message is the answer. */
export function readCodex(): ReadFields {
  const heard: Heard = { answer: '', hasEnded: false }
  return (fields) => readEvent(fields, heard)
}

function readEvent(fields: Fields, heard: Heard): readonly LlmEvent[] {
  switch (fields['type']) {
    case 'thread.started': {
      const session = textOf(fields['thread_id'])
      return session === '' ? [] : [{ kind: 'start', session }]
    }
    case 'item.started':
      return readTool(fields['item'], 'start')
    case 'item.completed':
      return [...readAnswer(fields['item'], heard), ...readTool(fields['item'], 'end')]
    case 'turn.completed':
      heard.hasEnded = true
      return [...readUsage(fields['usage']), { kind: 'final', text: heard.answer }]
    case 'turn.failed':
      heard.hasEnded = true
      return [failed(isRecord(fields['error']) ? textOf(fields['error']['message']) : '')]
    case 'error':
      return readError(textOf(fields['message']))
    default:
      return []
  }
}

function readAnswer(item: unknown, heard: Heard): readonly LlmEvent[] {
  if (!isRecord(item) || item['type'] !== 'agent_message') return []
  const text = textOf(item['text'])
  const isFirst = heard.answer === ''
  heard.answer = text
  return text === '' ? [] : [{ kind: 'delta', text: isFirst ? text : `\n\n${text}` }]
}

function readTool(item: unknown, phase: 'start' | 'end'): readonly LlmEvent[] {
  if (!isRecord(item) || !toolKinds.has(textOf(item['type']))) return []
  const name = textOf(item['tool']) || textOf(item['type'])
  return [{ kind: 'tool', name, phase }]
}

/** It says "error" as well when it tries again by itself; the turn that follows decides. */
function readError(message: string): readonly LlmEvent[] {
  if (/^Reconnecting\b/i.test(message)) return [{ kind: 'retry', reason: message }]
  return [failed(message)]
}

function failed(message: string): LlmEvent {
  const status = statusIn(message)
  return {
    kind: 'error',
    message: message || 'it failed',
    failure: status === undefined ? failureInWords(message) : failureOfStatus(status),
  }
}

/** Codex replaces some statuses by sentences of its own. */
function failureInWords(message: string) {
  if (/experiencing high demand/i.test(message)) return 'overloaded'
  return /hit your usage limit|usage limit reached/i.test(message) ? 'usage_limit' : 'failed'
}

/** A session that goes on counts from its beginning. */
function readUsage(usage: unknown): readonly LlmEvent[] {
  if (!isRecord(usage)) return []
  return usageOf(
    {
      input_tokens: usage['input_tokens'],
      cached_input_tokens: usage['cached_input_tokens'],
      output_tokens: usage['output_tokens'],
      reasoning_tokens: usage['reasoning_output_tokens'],
      cost_usd: undefined,
    },
    'session',
  )
}
