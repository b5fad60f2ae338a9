import type { ChatMessage } from '../../contract/chat.ts'
import { isRecord } from '../../kit/is-record.ts'

/** Where a message keeps what only the provider it came from understands, by the provider's name. */
export const keptField = 'gantry_kept'

type Values = Readonly<Record<string, unknown>>

export function keptFor(provider: string, values: Values): Values {
  return { [keptField]: { [provider]: values } }
}

/** What this provider wants to see again of a message or a call. */
export function keptIn(holder: Values, provider: string): Values {
  const kept = holder[keptField]
  const own = isRecord(kept) && Object.hasOwn(kept, provider) ? kept[provider] : undefined
  return isRecord(own) ? own : {}
}

/** A message without it, for those who take no field that they do not know. */
export function withoutKept(message: ChatMessage): ChatMessage {
  const { [keptField]: _, ...rest } = message
  const { tool_calls: calls } = rest
  if (!calls) return rest
  return {
    ...rest,
    tool_calls: calls.map((call) => {
      const { [keptField]: __, ...known } = call
      return known
    }),
  }
}
