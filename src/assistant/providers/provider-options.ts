import type { ChatProviderConfig } from '../../contract/config/schema-chat.ts'

/** As the global `fetch`, as far as providers use it. */
export type ProviderFetch = typeof globalThis.fetch

export interface ProviderOptions {
  readonly name: string
  readonly config: ChatProviderConfig
  /** Where it is; undefined for the provider's own address. */
  readonly baseUrl: string | undefined
  readonly apiKey: string | undefined
  /** The variable a key would be in. */
  readonly variable: string
  readonly fetch: ProviderFetch
}
