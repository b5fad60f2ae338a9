import type { ChatMessage } from '../contract/chat.ts'
import { impliedHint } from '../core/access/hints.ts'
import type { Offered } from './toolbox.ts'

/** Whether the results of a tool may hold the words of anybody: by the specification they may unless it says otherwise. */
export function bringsOutside({ annotations = {}, isTrusted = false }: Offered): boolean {
  return !isTrusted || impliedHint('openWorldHint', annotations)
}

/** Whether such results are in a conversation already; what the caller's own tools said is the caller's affair. */
export function isTaintedBy(
  messages: readonly ChatMessage[],
  offered: ReadonlyMap<string, Offered>,
  callerNames: ReadonlySet<string>,
): boolean {
  const names = new Map(
    messages.flatMap(({ tool_calls: calls = [] }) =>
      calls.map(({ id, function: called }) => [id, called.name] as const),
    ),
  )
  return messages.some(({ role, tool_call_id: id }) => {
    if (role !== 'tool') return false
    const name = names.get(id ?? '')
    if (name !== undefined && callerNames.has(name)) return false
    const tool = name === undefined ? undefined : offered.get(name)
    return tool === undefined || bringsOutside(tool)
  })
}
