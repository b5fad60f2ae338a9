import type { LlmProgram } from '../../../src/contract/llm.ts'
import type { LlmEvent } from '../../../src/runner/events/event.ts'

/** What a program prints, as its documentation has it, and what it means. */
export interface DocumentedStream {
  readonly name: string
  readonly events: LlmProgram['events']
  readonly lines: readonly (object | string)[]
  readonly means: readonly LlmEvent[]
}

export const printed = ({ lines }: DocumentedStream): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('')
