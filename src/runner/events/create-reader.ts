import type { LlmProgram } from '../../contract/llm.ts'
import { readClaude } from './claude.ts'
import { readCodex } from './codex.ts'
import { readCopilot } from './copilot.ts'
import type { EventReader } from './event.ts'
import { readGemini, readGeminiStderr } from './gemini.ts'
import { createJsonlReader } from './jsonl-reader.ts'
import { readMapped } from './mapped.ts'
import { readOpencode } from './opencode.ts'
import { readRetryIn } from './retry-in.ts'
import { createTextReader } from './text-reader.ts'

/** Reads what one attempt prints; a new one for each. */
export function createEventReader(events: LlmProgram['events'], now: () => number): EventReader {
  switch (events) {
    case 'text':
      return createTextReader()
    case 'claude':
      return createJsonlReader(readClaude(), readRetryIn)
    case 'codex':
      return createJsonlReader(readCodex())
    case 'gemini':
      return createJsonlReader(readGemini(), readGeminiStderr)
    case 'opencode':
      return createJsonlReader(readOpencode(now))
    case 'copilot':
      return createJsonlReader(readCopilot())
    default:
      return createJsonlReader(readMapped(events.jsonl, now))
  }
}
