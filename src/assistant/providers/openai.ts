import type OpenAI from 'openai'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Provider } from '../provider.ts'
import { streamChat } from './openai-chat.ts'
import { openaiFailure } from './openai-failure.ts'
import { streamResponses } from './openai-responses.ts'
import type { ProviderFetch, ProviderOptions } from './provider-options.ts'
import { watchedFetch } from './watched-fetch.ts'

const ownUrl = 'https://api.openai.com/v1'
const ownToolLimit = 128

/** Whatever speaks as OpenAI does. */
export function openaiProvider(options: ProviderOptions): Provider {
  const { name, config } = options
  const { api, models, toolLimit = ownToolLimit } = config

  return {
    name,
    toolLimit,
    async models(signal) {
      if (models) return models
      try {
        const client = await openClient(options, options.fetch)
        const listed = await client.models.list({ signal })
        return listed.data.map(({ id }) => id)
      } catch (error) {
        throw openaiFailure(name, error)
      }
    },
    async *turn(request) {
      const { fetch, isDone } = watchedFetch(options.fetch)
      const stream = api === 'responses' ? streamResponses : streamChat
      try {
        yield* stream({ client: await openClient(options, fetch), isDone }, request)
      } catch (error) {
        throw openaiFailure(name, error)
      }
    },
  }
}

/** Loaded when it is first needed: most gateways never are asked for a model. */
async function openClient(
  { name, variable, config, baseUrl, apiKey }: ProviderOptions,
  fetch: ProviderFetch,
): Promise<OpenAI> {
  if (apiKey === undefined && baseUrl === undefined) {
    throw new GatewayError('provider_key_missing', { provider: name, variable })
  }
  const { OpenAI: Client } = await import('openai')
  return new Client({
    // Local ones need no key, and the library wants some text.
    apiKey: apiKey ?? 'none',
    baseURL: baseUrl ?? ownUrl,
    // Left out, these would be read from the environment.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    defaultHeaders: { ...(apiKey === undefined && { authorization: null }), ...config.headers },
    maxRetries: 0,
    timeout: 86_400_000,
    fetch,
  })
}
