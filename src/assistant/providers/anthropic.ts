import { isRecord } from '../../kit/is-record.ts'
import type { AiSdkKind } from './ai-sdk.ts'

export const anthropic: AiSdkKind = {
  ownUrl: 'https://api.anthropic.com/v1',
  async open(options, model) {
    const { createAnthropic } = await import('@ai-sdk/anthropic')
    return createAnthropic(options).languageModel(model)
  },
  keyHeaders: (apiKey) => ({ 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' }),
  idsIn: ({ data }) => namesIn(data, 'id'),
}

/** The texts under one key in a list of objects. */
export function namesIn(list: unknown, key: string): readonly string[] {
  return (Array.isArray(list) ? list : []).flatMap((one: unknown) => {
    const name = isRecord(one) ? one[key] : undefined
    return typeof name === 'string' ? [name] : []
  })
}
