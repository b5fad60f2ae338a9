import type { Stream } from 'openai/streaming'
import type { ChatUsage } from '../../contract/chat.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { FinishReason, TurnPiece, TurnRequest } from '../provider.ts'
import { ProviderError } from '../provider.ts'
import type { OpenedClient } from './openai-chat.ts'
import { responsesBody } from './responses-body.ts'

type Values = Readonly<Record<string, unknown>>
type Pieces = Generator<TurnPiece, void, undefined>

/** One turn by `/responses`. */
export async function* streamResponses(
  { client }: OpenedClient,
  request: TurnRequest,
): AsyncGenerator<TurnPiece, void, undefined> {
  const { signal } = request
  const body = responsesBody(request)
  const events = await client.post<Stream<unknown>>('/responses', { body, signal, stream: true })
  const read = createEventReader()
  for await (const event of events) if (isRecord(event)) yield* read(event)
}

/** Turns the events of a stream into pieces. */
function createEventReader(): (event: Values) => Pieces {
  /** The calls whose arguments have begun to come. */
  const begun = new Set<number>()
  let hasCalls = false

  function* callDone(index: number, item: Values): Pieces {
    if (!begun.has(index))
      yield { ...callOf(index, item), argumentsPart: textOf(item['arguments']) }
  }

  return function* read(event) {
    const { type, delta, output_index: at, item, response } = event
    const index = typeof at === 'number' ? at : 0
    const call = isRecord(item) && item['type'] === 'function_call' ? item : undefined
    switch (type) {
      case 'response.output_text.delta':
        return yield { kind: 'text', text: textOf(delta) }
      case 'response.refusal.delta':
        return yield { kind: 'refusal', text: textOf(delta) }
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        return yield { kind: 'reasoning', text: textOf(delta) }
      case 'response.output_item.added':
        if (call) yield callOf(index, call)
        return
      case 'response.function_call_arguments.delta':
        begun.add(index)
        return yield { kind: 'call', index, argumentsPart: textOf(delta) }
      case 'response.output_item.done':
        hasCalls ||= call !== undefined
        return call && (yield* callDone(index, call))
      case 'response.completed':
      case 'response.incomplete':
        return yield* endOf(isRecord(response) ? response : {}, hasCalls)
      case 'response.failed':
        throw failureOf(response)
    }
  }
}

function callOf(index: number, { call_id: id, name }: Values) {
  return { kind: 'call', index, id: textOf(id), name: textOf(name) } as const
}

function* endOf({ usage, incomplete_details: why }: Values, hasCalls: boolean): Pieces {
  if (isRecord(usage)) yield { kind: 'usage', usage: usageOf(usage) }
  const reason = isRecord(why) ? why['reason'] : undefined
  yield { kind: 'finish', reason: finishOf(reason, hasCalls) }
}

function finishOf(reason: unknown, hasCalls: boolean): FinishReason {
  if (reason === 'max_output_tokens') return 'length'
  if (reason === 'content_filter') return 'content_filter'
  return hasCalls ? 'tool_calls' : 'stop'
}

function usageOf(usage: Values): ChatUsage {
  const { input_tokens: asked, output_tokens: answered } = usage
  const [cached, thought] = [usage['input_tokens_details'], usage['output_tokens_details']]
  const prompt_tokens = numberOf(asked)
  const completion_tokens = numberOf(answered)
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: numberOf(usage['total_tokens']) || prompt_tokens + completion_tokens,
    ...(isRecord(cached) && { prompt_tokens_details: cached }),
    ...(isRecord(thought) && { completion_tokens_details: thought }),
  }
}

function failureOf(response: unknown): ProviderError {
  const error = isRecord(response) ? response['error'] : undefined
  const { code, message } = isRecord(error) ? error : {}
  return new ProviderError({
    status: code === 'rate_limit_exceeded' ? 429 : 502,
    code: textOf(code) || 'provider_failed',
    type: 'server_error',
    message: textOf(message) || 'The model gave no answer',
    isRetryable: true,
  })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
