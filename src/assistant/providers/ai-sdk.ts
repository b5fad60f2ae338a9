import { GatewayError } from '../../contract/gateway-error.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { Provider } from '../provider.ts'
import { aiSdkFailure } from './ai-sdk-failure.ts'
import type { LanguageModel } from './ai-sdk-types.ts'
import { callOptions } from './ai-sdk-options.ts'
import { createPartReader } from './ai-sdk-pieces.ts'
import { refusalOf } from './failure-of.ts'
import type { ProviderOptions } from './provider-options.ts'

/** What one of these providers has of its own. */
export interface AiSdkKind {
  /** Loads the library: only when a model is asked. */
  open(options: OpenedOptions, model: string): Promise<LanguageModel>
  readonly ownUrl: string
  readonly keyHeaders: (apiKey: string) => Readonly<Record<string, string>>
  /** The ids in an answer to `GET /models`. */
  readonly idsIn: (listed: Readonly<Record<string, unknown>>) => readonly string[]
}

export interface OpenedOptions {
  readonly baseURL: string
  readonly apiKey: string
  readonly headers: Record<string, string>
  readonly fetch: ProviderOptions['fetch']
}

/** A provider that is spoken to in its own words, through a library that knows them. */
export function aiSdkProvider(options: ProviderOptions, kind: AiSdkKind): Provider {
  const { name, config, fetch } = options
  const { models, toolLimit } = config

  function opened(): OpenedOptions {
    const { apiKey, variable, baseUrl } = options
    if (apiKey === undefined) {
      throw new GatewayError('provider_key_missing', { provider: name, variable })
    }
    return { baseURL: baseUrl ?? kind.ownUrl, apiKey, headers: { ...config.headers }, fetch }
  }

  return {
    name,
    toolLimit,
    async models(signal) {
      if (models) return models
      try {
        return await listModels(kind, opened(), signal)
      } catch (error) {
        throw aiSdkFailure(name, error)
      }
    },
    async *turn(request) {
      const read = createPartReader(name)
      try {
        const model = await kind.open(opened(), request.model)
        const { stream } = await model.doStream(callOptions(request, name))
        for await (const part of stream) yield* read(part)
      } catch (error) {
        throw aiSdkFailure(name, error)
      }
    },
  }

  async function listModels(
    { keyHeaders, idsIn }: AiSdkKind,
    { baseURL, apiKey, headers }: OpenedOptions,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const answer = await fetch(`${baseURL}/models?${listAll}`, {
      headers: { ...keyHeaders(apiKey), ...headers },
      signal,
    })
    const body: unknown = await answer.json().catch(() => undefined)
    if (answer.ok) return isRecord(body) ? idsIn(body) : []
    const error = isRecord(body) && isRecord(body['error']) ? body['error'] : {}
    const { message: said } = error
    const message = typeof said === 'string' ? said : `HTTP ${answer.status}`
    const header = (one: string) => answer.headers.get(one)
    throw refusalOf(name, { status: answer.status, message, header }, undefined)
  }
}

const listAll = 'limit=1000&pageSize=1000'
