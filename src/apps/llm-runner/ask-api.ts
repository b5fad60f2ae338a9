import type { ChatUsage } from '../../contract/chat.ts'
import { ChatProvider } from '../../contract/config/schema-chat.ts'
import { failures } from '../../contract/failure.ts'
import type { RunFailure } from '../../contract/llm.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { Provider, TurnPiece } from '../../assistant/provider.ts'
import { ProviderError } from '../../assistant/provider.ts'
import type { ApiAsk, AskApi } from '../../runner/api-attempt.ts'
import type { ErrorEvent, LlmEvent } from '../../runner/events/event.ts'
import { usageOf } from '../../runner/events/event.ts'
import { failureOfStatus } from '../../runner/events/failure-of.ts'
import type { GuardedFetch } from '../../upstreams/egress/guarded-fetch.ts'

/** Asks models behind APIs, with the guarded client. */
export interface ApiWays extends AsyncDisposable {
  readonly ask: AskApi
}

/** A model may think for long before it says a word; how long is the business of the run. */
const limits = {
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 3_600_000,
  idleTimeoutMs: 3_600_000,
  bodyBytes: 1_073_741_824,
  unpackedBytes: 1_073_741_824,
}

export function createApiWays(): ApiWays {
  const ways = new Map<string, Promise<GuardedFetch>>()

  function wayTo(name: string, baseUrl: string): Promise<GuardedFetch> {
    const way = ways.get(baseUrl) ?? openWay(name, baseUrl)
    ways.set(baseUrl, way)
    return way
  }

  return {
    async *ask(asked) {
      const way = await wayTo(asked.program, asked.api.baseUrl)
      yield* answerOf(asked, await providerOf(asked, way))
    },
    async [Symbol.asyncDispose]() {
      const opened = await Promise.all(ways.values())
      await Promise.all(opened.map((way) => way[Symbol.asyncDispose]()))
    },
  }
}

/** Loaded for the first of them: most runners have none. */
async function openWay(server: string, baseUrl: string): Promise<GuardedFetch> {
  const [{ createGuardedFetch }, { policyForListed }] = await Promise.all([
    import('../../upstreams/egress/guarded-fetch.ts'),
    import('../../upstreams/egress/policy.ts'),
  ])
  // The operator has written down this host, wherever it is.
  const policy = policyForListed(baseUrl, [new URL(baseUrl).hostname])
  return createGuardedFetch({ server, policy, limits })
}

async function providerOf({ program, api }: ApiAsk, way: GuardedFetch): Promise<Provider> {
  const [{ openaiProvider }, { asFetch }] = await Promise.all([
    import('../../assistant/providers/openai.ts'),
    import('../../upstreams/egress/as-fetch.ts'),
  ])
  const { baseUrl, apiKey } = api
  return openaiProvider({
    name: program,
    config: ChatProvider.parse({ baseUrl, ...(apiKey !== undefined && { apiKey }) }),
    baseUrl,
    apiKey,
    variable: `llm.programs.${program}.apiKey`,
    fetch: asFetch(way),
  })
}

async function* answerOf(asked: ApiAsk, provider: Provider): AsyncGenerator<LlmEvent, void> {
  const { model, prompt, schema, signal } = asked
  const extras = schema && {
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
  }
  let text = ''
  let isWhole = false
  try {
    const messages = [{ role: 'user' as const, content: prompt }]
    for await (const piece of provider.turn({
      model,
      messages,
      tools: [],
      extras: { ...extras },
      signal,
    })) {
      if (piece.kind === 'text') text += piece.text
      isWhole ||= piece.kind === 'finish'
      yield* eventsOf(piece)
    }
    yield isWhole ? { kind: 'final', text } : failed('the answer broke off')
  } catch (error) {
    yield errorOf(error)
  }
}

function eventsOf(piece: TurnPiece): readonly LlmEvent[] {
  switch (piece.kind) {
    case 'text':
      return piece.text === '' ? [] : [{ kind: 'delta', text: piece.text }]
    case 'refusal':
      return [failed(`the model refuses: ${piece.text}`)]
    case 'usage':
      return usageEvents(piece.usage)
    case 'finish':
      return piece.reason === 'content_filter' ? [failed('the answer was filtered out')] : []
    case 'reasoning':
    case 'call':
    case 'keep':
      return []
  }
}

function usageEvents(usage: ChatUsage): readonly LlmEvent[] {
  const detail = (key: string): Readonly<Record<string, unknown>> => {
    const details = usage[key]
    return isRecord(details) ? details : {}
  }
  return usageOf({
    input_tokens: usage.prompt_tokens,
    cached_input_tokens: detail('prompt_tokens_details')['cached_tokens'],
    output_tokens: usage.completion_tokens,
    reasoning_tokens: detail('completion_tokens_details')['reasoning_tokens'],
    cost_usd: undefined,
  })
}

function failed(message: string): ErrorEvent {
  return { kind: 'error', message, failure: 'failed' }
}

function errorOf(error: unknown): ErrorEvent {
  if (!(error instanceof ProviderError)) {
    return failed(error instanceof Error ? error.message : String(error))
  }
  const { message, retryAfterMs } = error.details
  const failure = failureOf(error)
  return { kind: 'error', message, failure, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

function failureOf({ details: { code, status } }: ProviderError): RunFailure {
  if (code === 'provider_key_refused' || code === 'provider_key_missing') return 'auth'
  if (code === 'insufficient_quota') return 'usage_limit'
  // A failure of our own: nobody has answered who could be overloaded.
  const isOurs = code === 'provider_unreachable' || Object.hasOwn(failures, code)
  return isOurs ? 'failed' : failureOfStatus(status)
}
