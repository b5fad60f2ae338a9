import type { AiSdkKind } from './ai-sdk.ts'
import { namesIn } from './anthropic.ts'

export const google: AiSdkKind = {
  ownUrl: 'https://generativelanguage.googleapis.com/v1beta',
  async open(options, model) {
    const { createGoogle } = await import('@ai-sdk/google')
    return createGoogle(options).languageModel(model)
  },
  keyHeaders: (apiKey) => ({ 'x-goog-api-key': apiKey }),
  idsIn: ({ models }) => namesIn(models, 'name').map((name) => name.replace(/^models\//, '')),
}
