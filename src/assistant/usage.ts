import type { ChatMessage, ChatUsage } from '../contract/chat.ts'

/** Numbers are added up, also those inside; of anything else the later counts. */
export function addUsage(
  sum: ChatUsage | undefined,
  more: ChatUsage | undefined,
): ChatUsage | undefined {
  if (!sum || !more) return more ?? sum
  const { prompt_tokens, completion_tokens, total_tokens } = sum
  return {
    ...addNumbers(sum, more),
    prompt_tokens: prompt_tokens + more.prompt_tokens,
    completion_tokens: completion_tokens + more.completion_tokens,
    total_tokens: total_tokens + more.total_tokens,
  }
}

type Values = Readonly<Record<string, unknown>>

function addNumbers(sum: Values, more: Values): Values {
  const added = Object.entries(more).map(([key, value]): [string, unknown] => {
    const before = Object.hasOwn(sum, key) ? sum[key] : undefined
    if (typeof before === 'number' && typeof value === 'number') return [key, before + value]
    return [key, isValues(before) && isValues(value) ? addNumbers(before, value) : value]
  })
  return { ...sum, ...Object.fromEntries(added) }
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const charactersPerToken = 4

/** What a turn took where the provider does not say: about so many characters are a token. */
export function estimateTokens(messages: readonly ChatMessage[], answered: number): number {
  const asked = messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0)
  return Math.ceil((asked + answered) / charactersPerToken)
}
