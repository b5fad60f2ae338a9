import type { Models } from '../../assistant/models.ts'
import { openModels } from '../../assistant/models.ts'
import type { ProgramRunner } from '../../assistant/providers/program.ts'
import type { ChatConfig } from '../../contract/config/schema-chat.ts'
import { createProviderWays } from '../gateway/chat-models.ts'

export interface OwnModelsOptions {
  readonly chat: ChatConfig
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly programs?: ProgramRunner | undefined
}

/** The models that are asked from this process. */
export interface OwnModels extends AsyncDisposable {
  readonly models: Models
}

export function openOwnModels({ chat, environment, programs }: OwnModelsOptions): OwnModels {
  const ways = createProviderWays()
  const fetchFor = ways.fetchFor
  return {
    models: openModels({ chat, environment, fetchFor, programs }),
    [Symbol.asyncDispose]: () => ways[Symbol.asyncDispose](),
  }
}
