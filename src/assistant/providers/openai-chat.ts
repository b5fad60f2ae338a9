import type OpenAI from 'openai'
import type { Stream } from 'openai/streaming'
import { isRecord } from '../../kit/is-record.ts'
import type { ChatUsage } from '../../contract/chat.ts'
import { withoutKept } from './kept.ts'
import type { CallPiece, FinishReason, TurnPiece, TurnRequest } from '../provider.ts'

export interface OpenedClient {
  readonly client: OpenAI
  readonly isDone: () => boolean
}

/** One turn by `/chat/completions`. */
export async function* streamChat(
  { client, isDone }: OpenedClient,
  request: TurnRequest,
): AsyncGenerator<TurnPiece, void, undefined> {
  const { signal } = request
  const body = chatBody(request)
  const events = await client.post<Stream<unknown>>('/chat/completions', {
    body,
    signal,
    stream: true,
  })
  const indexOf = createCallIndex()
  let hasCalls = false
  let hasFinished = false
  for await (const chunk of events) {
    for (const piece of piecesOf(chunk, indexOf)) {
      hasCalls ||= piece.kind === 'call'
      hasFinished ||= piece.kind === 'finish'
      yield piece
    }
  }
  // Some never say why they ended; the mark at the end says that they meant to.
  if (!hasFinished && isDone()) yield { kind: 'finish', reason: hasCalls ? 'tool_calls' : 'stop' }
}

/** Whatever the caller wrote goes along as it is. */
function chatBody({ model, messages, tools, toolChoice, extras }: TurnRequest): object {
  return {
    ...extras,
    model,
    messages: messages.map(withoutKept),
    ...(tools.length > 0 && { tools }),
    ...(toolChoice !== undefined && { tool_choice: toolChoice }),
    stream: true,
    stream_options: { include_usage: true },
  }
}

function* piecesOf(chunk: unknown, indexOf: CallIndex): Generator<TurnPiece, void, undefined> {
  if (!isRecord(chunk)) return
  const { choices, usage } = chunk
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  if (isRecord(choice)) {
    const { delta, finish_reason: finish } = choice
    if (isRecord(delta)) yield* deltaPieces(delta, indexOf)
    if (typeof finish === 'string' && finish !== '') {
      yield { kind: 'finish', reason: finishOf(finish) }
    }
  }
  if (isRecord(usage)) yield { kind: 'usage', usage: usageOf(usage) }
}

type Values = Readonly<Record<string, unknown>>

function usageOf(told: Values): ChatUsage {
  const asked = numberOf(told['prompt_tokens'])
  const answered = numberOf(told['completion_tokens'])
  const total = numberOf(told['total_tokens']) || asked + answered
  return { ...told, prompt_tokens: asked, completion_tokens: answered, total_tokens: total }
}

function* deltaPieces(delta: Values, indexOf: CallIndex): Generator<TurnPiece, void, undefined> {
  const { content, refusal, reasoning_content: thought, reasoning, tool_calls: calls } = delta
  if (typeof thought === 'string') {
    yield { kind: 'reasoning', text: thought }
  } else if (typeof reasoning === 'string') {
    yield { kind: 'reasoning', text: reasoning }
  }
  if (typeof content === 'string') yield { kind: 'text', text: content }
  if (typeof refusal === 'string') yield { kind: 'refusal', text: refusal }
  for (const call of Array.isArray(calls) ? calls : []) {
    if (isRecord(call)) yield callPiece(call, indexOf)
  }
}

function callPiece(call: Values, indexOf: CallIndex): CallPiece {
  const { index: _, id, type: __, function: called, ...rest } = call
  const { name, arguments: part } = isRecord(called) ? called : {}
  return {
    kind: 'call',
    index: indexOf(call),
    id: typeof id === 'string' ? id : undefined,
    name: typeof name === 'string' ? name : undefined,
    argumentsPart: typeof part === 'string' ? part : partOf(part),
    ...(Object.keys(rest).length > 0 && { keep: rest }),
  }
}

/** Some give an object in place of its text. */
function partOf(part: unknown): string | undefined {
  return isRecord(part) ? JSON.stringify(part) : undefined
}

type CallIndex = (call: Values) => number

/** Parts of one call have one index; some give all calls the same one, or none, and tell them apart by their ids. */
function createCallIndex(): CallIndex {
  const current = new Map<unknown, { readonly at: number; readonly id: string }>()
  let count = 0
  return ({ index, id }) => {
    const said = typeof id === 'string' ? id : ''
    const known = current.get(index)
    const isSame = known && (said === '' || known.id === '' || said === known.id)
    if (isSame) return known.at
    count += 1
    current.set(index, { at: count, id: said })
    return count
  }
}

function finishOf(reason: string): FinishReason {
  switch (reason) {
    case 'length':
    case 'max_tokens':
      return 'length'
    case 'content_filter':
      return 'content_filter'
    case 'tool_calls':
    case 'function_call':
      return 'tool_calls'
    default:
      return 'stop'
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
