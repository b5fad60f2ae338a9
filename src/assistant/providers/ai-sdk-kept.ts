import { z } from 'zod'
import type { ChatMessage, ToolCall } from '../../contract/chat.ts'
import type { Metadata } from './ai-sdk-types.ts'
import { keptIn } from './kept.ts'

const json: z.ZodType<Metadata> = z.record(z.string(), z.record(z.string(), z.json()))
const Reasoning = z.object({ text: z.string(), metadata: json })

/** A thought with what proves that it is the provider's own. */
export type KeptReasoning = z.output<typeof Reasoning>

export function keptReasoning(message: ChatMessage, provider: string): readonly KeptReasoning[] {
  const read = z.array(Reasoning).safeParse(keptIn(message, provider)['reasoning'])
  return read.success ? read.data : []
}

export function keptMetadata(call: ToolCall, provider: string): Metadata | undefined {
  const read = json.safeParse(keptIn(call, provider)['metadata'])
  return read.success ? read.data : undefined
}
