import { hash } from 'node:crypto'
import type { ChatMessage } from '../../contract/chat.ts'
import { textOf } from './chat-asked.ts'
import type { Shelf } from './shelf.ts'

/**
 * What our tools did stands between what a client was shown and what a model has to see again: it is kept here, and
 * put back when the conversation comes again. It belongs to one principal and to this one course of a conversation.
 */
export interface KeptTurns {
  /** The conversation with everything in it again. */
  restore(principal: string, messages: readonly ChatMessage[]): readonly ChatMessage[]
  /** Keeps what really came after `messages` in place of what was shown of it. */
  keep(principal: string, turn: KeptTurn): void
}

export interface KeptTurn {
  /** As the client sent them. */
  readonly messages: readonly ChatMessage[]
  readonly shown: ChatMessage
  readonly whole: readonly ChatMessage[]
}

export function createKeptTurns(shelf: Shelf<readonly ChatMessage[]>): KeptTurns {
  return {
    restore(principal, messages) {
      if (!messages.some(({ role }) => role === 'assistant')) return messages
      let trace = ''
      return messages.flatMap((message) => {
        trace = traceAfter(trace, message)
        const kept = message.role === 'assistant' ? shelf.get(principal, trace) : undefined
        return kept ?? [message]
      })
    },
    keep(principal, { messages, shown, whole }) {
      const trace = [...messages, shown].reduce(traceAfter, '')
      shelf.put(principal, trace, { value: whole, bytes: JSON.stringify(whole).length })
    },
  }
}

/** Which course a conversation took so far. Instructions are left out: many programs write the time of day into theirs. */
function traceAfter(trace: string, message: ChatMessage): string {
  const { role, tool_calls: calls = [], tool_call_id: answered } = message
  if (role === 'system' || role === 'developer') return trace
  const content = Array.isArray(message.content) ? message.content : textOf(message.content).trim()
  const said = isOnlyText(content) ? textOf(content).trim() : content
  const called = calls.map(({ id, function: own }) => [id, own.name, sameJson(own.arguments)])
  return hash('sha256', JSON.stringify([trace, role, said, called, answered ?? null]), 'base64url')
}

function isOnlyText(content: unknown): boolean {
  return !Array.isArray(content) || content.every((part) => Object(part).type === 'text')
}

/** Many programs parse arguments and print them anew. */
function sameJson(text: string): unknown {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    // What is no JSON is compared as it is.
    return text
  }
}
