import type { ChatModel } from '../contract/chat.ts'
import type { ChatConfig, ChatProviderConfig } from '../contract/config/schema-chat.ts'
import { ChatProvider } from '../contract/config/schema-chat.ts'
import { namesPrivateAddress } from '../contract/config/private-address.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import { nearest } from '../kit/nearest.ts'
import type { Provider } from './provider.ts'
import { aiSdkProvider } from './providers/ai-sdk.ts'
import { anthropic } from './providers/anthropic.ts'
import { demoProvider } from './providers/demo.ts'
import { google } from './providers/google.ts'
import { openaiProvider } from './providers/openai.ts'
import type { ProgramRunner } from './providers/program.ts'
import { programProvider } from './providers/program.ts'
import type { ProviderFetch, ProviderOptions } from './providers/provider-options.ts'

export interface ModelsOptions {
  readonly chat: ChatConfig
  /** Where keys are looked for when the configuration names no providers. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The way to one provider. */
  readonly fetchFor: (way: ProviderWay) => ProviderFetch
  /** LLM programs of this machine; left out where there are none. */
  readonly programs?: ProgramRunner | undefined
}

/** Where requests for one provider may go. */
export interface ProviderWay {
  readonly name: string
  readonly baseUrl: string
  readonly allowPrivate: boolean | readonly string[]
}

/** A model and who has it. */
export interface ChosenModel {
  readonly provider: Provider
  /** By the provider's own name; as one asks for it here it is `id`. */
  readonly model: string
  readonly id: string
}

export interface Models {
  /** Throws when there is none of this name. */
  choose(model: string | undefined): ChosenModel
  /** Of every provider that can be asked; one that cannot is left out. */
  list(signal: AbortSignal): Promise<readonly ChatModel[]>
}

/** Who has not said by then which models it has is left out. */
const listMs = 2000

/** The models of a configuration: `provider/model`, `cli/PROGRAM`, and `demo`. */
export function openModels(options: ModelsOptions): Models {
  const { chat, programs } = options
  const configured = Object.entries(chat.providers)
  const found = configured.length > 0 ? configured.map(written) : inEnvironment(options.environment)
  const providers = new Map<string, Provider>()
  for (const { model: _, ...one } of found) {
    const { name, config } = one
    const fetch = options.fetchFor({ name, ...wayOf(config) })
    providers.set(name, openProvider({ ...one, fetch }))
  }
  if (programs) providers.set('cli', programProvider(programs))
  providers.set('demo', demoProvider)
  const standard = chat.model ?? standardOf(found)

  function choose(asked: string | undefined): ChosenModel {
    const wanted = asked ?? standard
    if (wanted === undefined) throw noModel(found)
    if (wanted === 'demo') return chosen('demo', demoProvider, 'demo')
    const at = wanted.indexOf('/')
    const named = at > 0 ? providers.get(wanted.slice(0, at)) : undefined
    if (named && at < wanted.length - 1) return chosen(named.name, named, wanted.slice(at + 1))
    const own = providers.get((standard ?? '').split('/')[0] ?? '') ?? onlyOf(found, providers)
    if (own && own !== demoProvider) return chosen(own.name, own, wanted)
    if (found.length === 0) throw noModel(found)
    throw new GatewayError('model_unknown', {
      model: wanted,
      nearest: nearest(wanted, providers.keys()),
    })
  }

  return {
    choose,
    async list(signal) {
      const soon = AbortSignal.any([signal, AbortSignal.timeout(listMs)])
      const late = Promise.withResolvers<never>()
      soon.addEventListener('abort', () => late.reject(soon.reason), { once: true })
      const lists = await Promise.allSettled(
        [...providers.values()].map(async (provider) => {
          const ids = await Promise.race([provider.models(soon), late.promise])
          return ids.map((id) => ({ id: idOf(provider.name, id), provider: provider.name }))
        }),
      )
      return lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []))
    },
  }
}

function chosen(name: string, provider: Provider, model: string): ChosenModel {
  return { provider, model, id: idOf(name, model) }
}

function idOf(provider: string, model: string): string {
  return provider === 'demo' ? 'demo' : `${provider}/${model}`
}

interface Found extends Omit<ProviderOptions, 'fetch'> {
  /** The model that the environment names. */
  readonly model?: string | undefined
}

const ownUrls: Readonly<Record<ChatProviderConfig['type'], string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: anthropic.ownUrl,
  google: google.ownUrl,
}

/** Where keys are looked for in the environment. */
export const keyVariables = [
  'OPENAI_API_KEY',
  'ANTHROPIC_API_KEY',
  'GEMINI_API_KEY',
  'GOOGLE_API_KEY',
] as const

const variables: Readonly<Record<ChatProviderConfig['type'], string>> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  google: 'GEMINI_API_KEY',
}

function written([name, config]: readonly [string, ChatProviderConfig]): Found {
  const { type, baseUrl, apiKey } = config
  return { name, config, baseUrl, apiKey, variable: variables[type] }
}

/** As the programs of these providers themselves find their keys. */
function inEnvironment(environment: ModelsOptions['environment']): readonly Found[] {
  const said = (...names: readonly string[]) =>
    names.map((name) => environment[name]).find((value) => value !== undefined && value !== '')
  const all = [
    {
      type: 'openai',
      key: said('OPENAI_API_KEY'),
      url: said('OPENAI_BASE_URL'),
      model: said('OPENAI_MODEL'),
    },
    {
      type: 'anthropic',
      key: said('ANTHROPIC_API_KEY'),
      url: undefined,
      model: said('ANTHROPIC_MODEL'),
    },
    {
      type: 'google',
      key: said('GEMINI_API_KEY', 'GOOGLE_API_KEY'),
      url: undefined,
      model: said('GEMINI_MODEL'),
    },
  ] as const
  return all
    .filter(({ key, url }) => key !== undefined || url !== undefined)
    .map(({ type, key, url, model }) => {
      const config = { ...ChatProvider.parse({ type }), ...(url !== undefined && meantUrl(url)) }
      return { ...written([type, config]), apiKey: key, model }
    })
}

/** Whoever set the variable meant this host, wherever it is. */
function meantUrl(baseUrl: string): Pick<ChatProviderConfig, 'baseUrl' | 'allowPrivate'> {
  const host = URL.parse(baseUrl)?.hostname
  const isPrivate = host === undefined || namesPrivateAddress(baseUrl)
  return { baseUrl, allowPrivate: isPrivate ? true : [host] }
}

function openProvider(options: ProviderOptions): Provider {
  switch (options.config.type) {
    case 'openai':
      return openaiProvider(options)
    case 'anthropic':
      return aiSdkProvider(options, anthropic)
    case 'google':
      return aiSdkProvider(options, google)
    default:
      return options.config.type satisfies never
  }
}

function wayOf({
  type,
  baseUrl = ownUrls[type],
  allowPrivate,
}: ChatProviderConfig): Omit<ProviderWay, 'name'> {
  return { baseUrl, allowPrivate: allowPrivate ?? namesPrivateAddress(baseUrl) }
}

/** The first provider that says which of its models is meant. */
function standardOf(found: readonly Found[]): string | undefined {
  for (const { name, config, model = config.models?.[0] } of found) {
    if (model !== undefined) return `${name}/${model}`
  }
  return undefined
}

function onlyOf(
  found: readonly Found[],
  providers: ReadonlyMap<string, Provider>,
): Provider | undefined {
  const [only] = found
  return found.length === 1 && only ? providers.get(only.name) : undefined
}

function noModel(found: readonly Found[]): GatewayError {
  const [first] = found
  return first
    ? new GatewayError('model_missing', { provider: first.name })
    : new GatewayError('chat_unconfigured', undefined)
}
