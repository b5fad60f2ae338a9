import type { ChatMessage, ToolCall } from '../contract/chat.ts'
import { isRecord } from '../kit/is-record.ts'

/** The calls of the last turn that no message answers yet; none when something else has been said since. */
export function openCalls(messages: readonly ChatMessage[]): readonly ToolCall[] {
  const at = messages.findLastIndex(({ role }) => role !== 'tool')
  const calls = messages[at]?.role === 'assistant' ? (messages[at].tool_calls ?? []) : []
  const answered = new Set(messages.slice(at + 1).map(({ tool_call_id: id }) => id))
  return calls.filter(({ id }) => !answered.has(id))
}

/** As a provider takes it: each call has an answer, and arguments are objects, whatever was made of them. */
export function sendable(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.flatMap((message, index) => {
    const { tool_calls: calls } = message
    if (message.role !== 'assistant' || !calls || calls.length === 0) return [message]
    const rest = messages.slice(index + 1)
    const end = rest.findIndex(({ role }) => role !== 'tool')
    const answers = end === -1 ? rest : rest.slice(0, end)
    const answered = new Set(answers.map(({ tool_call_id: id }) => id))
    const missing = calls.filter(({ id }) => !answered.has(id))
    return [
      { ...message, tool_calls: calls.map(withObject) },
      ...missing.map(({ id }) => toolAnswer(id, notAnswered)),
    ]
  })
}

const notAnswered = 'This call was not made: the conversation went on without it.'

export function toolAnswer(id: string, content: string): ChatMessage {
  return { role: 'tool', tool_call_id: id, content }
}

/** Some providers refuse every further turn of a conversation in which a model once wrote what is no JSON. */
function withObject(call: ToolCall): ToolCall {
  const { arguments: written } = call.function
  if (isRecord(parsedOrNothing(written))) return call
  const shown = JSON.stringify({ unreadable_arguments: written.slice(0, 2000).toWellFormed() })
  return { ...call, function: { ...call.function, arguments: shown } }
}

export function parsedOrNothing(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
