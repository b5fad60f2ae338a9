import type { ChatUsage } from '../../contract/chat.ts'
import { isRecord } from '../../kit/is-record.ts'
import { noUsage } from './print-completion.ts'
import type { ResponseAsked } from './read-response.ts'
import type { TurnResult } from './turn.ts'

export interface ResponseHead {
  readonly id: string
  /** In seconds since 1970. */
  readonly createdAt: number
  readonly asked: ResponseAsked
}

export type ResponseItem = Readonly<Record<string, unknown>> & { readonly type: string }

interface Told {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  readonly output: readonly ResponseItem[]
  readonly usage?: ChatUsage | undefined
  readonly more?: object
}

/** A response as it is at one moment. */
export function printResponse(head: ResponseHead, { status, output, usage, more }: Told): object {
  const { id, createdAt, asked } = head
  const { echoed } = asked
  const said = (name: string, otherwise: unknown): unknown => echoed[name] ?? otherwise
  return {
    id,
    object: 'response',
    created_at: createdAt,
    status,
    error: null,
    incomplete_details: null,
    instructions: asked.instructions ?? null,
    max_output_tokens: said('max_output_tokens', null),
    model: asked.model,
    output,
    parallel_tool_calls: said('parallel_tool_calls', true),
    previous_response_id: asked.previous ?? null,
    reasoning: { effort: null, summary: null, ...Object(echoed['reasoning']) },
    store: asked.isStored,
    temperature: said('temperature', 1),
    text: { format: { type: 'text' }, ...Object(echoed['text']) },
    tool_choice: said('tool_choice', 'auto'),
    tools: said('tools', []),
    top_p: said('top_p', 1),
    truncation: 'disabled',
    usage: usage ? printUsage(usage) : null,
    user: said('user', null),
    metadata: said('metadata', {}),
    ...more,
  }
}

/** The response at its end. */
export function printResult(
  head: ResponseHead,
  { finish, usage = noUsage, gantry }: TurnResult,
  output: readonly ResponseItem[],
): object {
  const reason = { length: 'max_output_tokens', content_filter: 'content_filter' }
  const isCut = finish === 'length' || finish === 'content_filter'
  return printResponse(head, {
    status: isCut ? 'incomplete' : 'completed',
    output,
    usage,
    more: { gantry, ...(isCut && { incomplete_details: { reason: reason[finish] } }) },
  })
}

function printUsage(usage: ChatUsage): object {
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total } = usage
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: countIn(usage['prompt_tokens_details'], 'cached_tokens'),
    },
    output_tokens: output,
    output_tokens_details: {
      reasoning_tokens: countIn(usage['completion_tokens_details'], 'reasoning_tokens'),
    },
    total_tokens: total,
  }
}

function countIn(details: unknown, name: string): number {
  const count = isRecord(details) ? details[name] : undefined
  return typeof count === 'number' ? count : 0
}
