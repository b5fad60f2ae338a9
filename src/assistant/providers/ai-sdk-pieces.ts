import type { ChatUsage } from '../../contract/chat.ts'
import type { FinishReason, TurnPiece } from '../provider.ts'
import { ProviderError } from '../provider.ts'
import type { KeptReasoning } from './ai-sdk-kept.ts'
import type { Finish, Metadata, StreamPart } from './ai-sdk-types.ts'
import { keptFor } from './kept.ts'

type Pieces = Generator<TurnPiece, void, undefined>

/** Turns the parts of one stream into pieces. */
export function createPartReader(provider: string): (part: StreamPart) => Pieces {
  const calls = new Map<string, number>()
  const hasArguments = new Set<string>()
  const thoughts = new Map<string, KeptReasoning>()

  function indexOf(id: string): number {
    const index = calls.get(id) ?? calls.size
    calls.set(id, index)
    return index
  }

  function think(id: string, more: string, metadata: Metadata = {}): void {
    const { text = '', metadata: known = {} } = thoughts.get(id) ?? {}
    thoughts.set(id, { text: text + more, metadata: { ...known, ...metadata } })
  }

  function* readCall(part: CallPart): Pieces {
    if (part.type === 'tool-input-start') {
      const { id, toolName: name } = part
      return yield { kind: 'call', index: indexOf(id), id, name }
    }
    if (part.type === 'tool-input-delta') {
      hasArguments.add(part.id)
      return yield { kind: 'call', index: indexOf(part.id), argumentsPart: part.delta }
    }
    const { toolCallId: id, toolName: name, input, providerMetadata: metadata } = part
    yield {
      kind: 'call',
      index: indexOf(id),
      id,
      name,
      ...(!hasArguments.has(id) && { argumentsPart: input }),
      ...(metadata && { keep: keptFor(provider, { metadata }) }),
    }
  }

  function* readEnd({ usage, finishReason }: Finish): Pieces {
    const reasoning = [...thoughts.values()].filter(({ metadata }) => isProven(metadata))
    if (reasoning.length > 0) yield { kind: 'keep', fields: keptFor(provider, { reasoning }) }
    yield { kind: 'usage', usage: usageOf(usage) }
    yield* finishPieces(finishReason, provider)
  }

  // Marks and extras of single providers are passed over.
  return function* read(part) {
    if (part.type === 'text-delta') yield { kind: 'text', text: part.delta }
    else if (part.type === 'reasoning-start' || part.type === 'reasoning-end') {
      think(part.id, '', part.providerMetadata)
    } else if (part.type === 'reasoning-delta') {
      think(part.id, part.delta, part.providerMetadata)
      yield { kind: 'reasoning', text: part.delta }
    } else if (isCallPart(part)) yield* readCall(part)
    else if (part.type === 'error') throw part.error
    else if (part.type === 'finish') yield* readEnd(part)
  }
}

type CallPart = Extract<StreamPart, { type: 'tool-input-start' | 'tool-input-delta' | 'tool-call' }>

function isCallPart(part: StreamPart): part is CallPart {
  return (
    part.type === 'tool-input-start' ||
    part.type === 'tool-input-delta' ||
    part.type === 'tool-call'
  )
}

/** A thought without its signature would be refused. */
function isProven(metadata: Metadata): boolean {
  return Object.keys(metadata).length > 0
}

/** A stream that was interrupted has no end. */
function* finishPieces({ unified, raw }: Finish['finishReason'], provider: string): Pieces {
  if (unified === 'interrupted') return
  if (unified === 'error') {
    throw new ProviderError({
      status: 502,
      code: 'provider_failed',
      type: 'server_error',
      message: `Provider "${provider}" gave no answer${raw === undefined ? '' : `: ${raw}`}`,
    })
  }
  yield { kind: 'finish', reason: finishes[unified] }
}

const finishes: Readonly<
  Record<Exclude<Finish['finishReason']['unified'], 'interrupted' | 'error'>, FinishReason>
> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content_filter',
  'tool-calls': 'tool_calls',
  other: 'stop',
}

function usageOf({ inputTokens, outputTokens }: Finish['usage']): ChatUsage {
  const prompt_tokens = inputTokens.total ?? 0
  const completion_tokens = outputTokens.total ?? 0
  const { cacheRead: cached_tokens } = inputTokens
  const { reasoning: reasoning_tokens } = outputTokens
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...(cached_tokens !== undefined && { prompt_tokens_details: { cached_tokens } }),
    ...(reasoning_tokens !== undefined && { completion_tokens_details: { reasoning_tokens } }),
  }
}
