import { isRecord } from '../../kit/is-record.ts'
import { textOf } from './event.ts'
import type { Fields, LlmEvent, ReadFields } from './event.ts'
import { failureOfStatus } from './failure-of.ts'

interface Heard {
  answer: string
  hasPieces: boolean
  hasFailed: boolean
}

/** Reads the output of `copilot --output-format json`. */
export function readCopilot(): ReadFields {
  const heard: Heard = { answer: '', hasPieces: false, hasFailed: false }
  return (fields) => readEvent(fields, heard)
}

function readEvent(fields: Fields, heard: Heard): readonly LlmEvent[] {
  const data = isRecord(fields['data']) ? fields['data'] : {}
  switch (fields['type']) {
    case 'assistant.message_delta': {
      const text = textOf(data['deltaContent'])
      heard.hasPieces ||= text !== ''
      return text === '' ? [] : [{ kind: 'delta', text }]
    }
    case 'assistant.message':
      return readMessage(textOf(data['content']), heard)
    case 'tool.execution_start':
      return [{ kind: 'tool', name: textOf(data['toolName']), phase: 'start' }]
    case 'tool.execution_complete':
      return [{ kind: 'tool', name: textOf(data['toolName']), phase: 'end' }]
    case 'session.error':
      heard.hasFailed = true
      return [readError(data)]
    case 'result':
      return readResult(fields, heard)
    default:
      return []
  }
}

/** A whole message repeats the pieces it came in. */
function readMessage(text: string, heard: Heard): readonly LlmEvent[] {
  const isRepeated = heard.hasPieces
  heard.hasPieces = false
  if (text === '') return []
  heard.answer = text
  return isRepeated ? [] : [{ kind: 'delta', text }]
}

function readError(data: Fields): LlmEvent {
  const kind = textOf(data['errorType'])
  const told = failureOfStatus(data['statusCode'])
  return {
    kind: 'error',
    message: textOf(data['message']) || kind || 'it failed',
    failure: told === 'failed' && kind === 'rate_limit' ? 'rate_limit' : told,
  }
}

function readResult(fields: Fields, heard: Heard): readonly LlmEvent[] {
  const session = textOf(fields['sessionId'])
  return [
    ...(session === '' ? [] : [{ kind: 'start', session } as const]),
    ...(heard.hasFailed ? [] : [{ kind: 'final', text: heard.answer } as const]),
  ]
}
