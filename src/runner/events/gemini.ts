import { isRecord } from '../../kit/is-record.ts'
import { textOf, usageOf } from './event.ts'
import type { Fields, LlmEvent, ReadFields } from './event.ts'
import { failureOfStatus, statusIn } from './failure-of.ts'

/** Reads the `stream-json` output of gemini. */
export function readGemini(): ReadFields {
  const pieces: string[] = []
  const tools = new Map<string, string>()
  return (fields) => {
    switch (fields['type']) {
      case 'init': {
        const session = textOf(fields['session_id'])
        return session === '' ? [] : [{ kind: 'start', session }]
      }
      case 'message':
        return readPiece(fields, pieces)
      case 'tool_use': {
        const name = textOf(fields['tool_name'])
        tools.set(textOf(fields['tool_id']), name)
        return [{ kind: 'tool', name, phase: 'start' }]
      }
      case 'tool_result': {
        const id = textOf(fields['tool_id'])
        const name = tools.get(id) ?? ''
        tools.delete(id)
        return [{ kind: 'tool', name, phase: 'end' }]
      }
      case 'error':
        // What goes on is only a warning; a run that fails says so in its result.
        return []
      case 'result':
        return readResult(fields, pieces.join(''))
      default:
        return []
    }
  }
}

function readPiece(fields: Fields, pieces: string[]): readonly LlmEvent[] {
  const text = fields['role'] === 'assistant' ? textOf(fields['content']) : ''
  if (text === '') return []
  pieces.push(text)
  return [{ kind: 'delta', text }]
}

function readResult(fields: Fields, answer: string): readonly LlmEvent[] {
  const usage = readUsage(fields['stats'])
  if (fields['status'] !== 'error') return [...usage, { kind: 'final', text: answer }]
  const { error } = fields
  const message = isRecord(error) ? textOf(error['message']) : ''
  const status = statusIn(message) ?? (isRecord(error) ? error['code'] : undefined)
  // Its exit code is that of a rate limit then, too.
  const failure = /daily quota/i.test(message) ? 'usage_limit' : failureOfStatus(status)
  return [...usage, { kind: 'error', message: message || 'it failed', failure }]
}

function readUsage(stats: unknown): readonly LlmEvent[] {
  if (!isRecord(stats)) return []
  return usageOf({
    input_tokens: stats['input_tokens'],
    cached_input_tokens: stats['cached'],
    output_tokens: stats['output_tokens'],
    reasoning_tokens: undefined,
    cost_usd: undefined,
  })
}

/** It waits out a quota by itself, for minutes, and tells so only here. */
export function readGeminiStderr(line: string): readonly LlmEvent[] {
  const { status, ms } = waiting.exec(line.trim())?.groups ?? {}
  if (status === undefined && ms === undefined) return []
  const isQuota = status === undefined || status === '429'
  return [
    {
      kind: 'retry',
      reason: isQuota ? 'its quota (HTTP 429)' : `HTTP ${status}`,
      ...(ms !== undefined && { delayMs: Number(ms) }),
    },
  ]
}

const waiting =
  /^Attempt \d{1,3} failed(?: with (?:status )?(?<status>\d{3})\b|: .*\. Retrying after (?<ms>\d{1,9})ms)/
