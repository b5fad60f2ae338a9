import { randomUUID } from 'node:crypto'

import { z } from 'zod'

import { ChatMessage, ChatUsage } from '../../contract/chat.ts'

/** A conversation as it is kept. */
export const Conversation = z.object({
  version: z.literal(1),
  id: z.uuid(),
  created_at: z.string(),
  updated_at: z.string(),
  /** The model that was last asked. */
  model: z.string(),
  messages: z.array(ChatMessage).readonly(),
  usage: ChatUsage,
  /** How often a model was asked. */
  rounds: z.number(),
})
export type Conversation = z.output<typeof Conversation>

const noUsage: ChatUsage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }

export function newConversation(model: string): Conversation {
  const now = new Date().toISOString()
  return {
    version: 1,
    id: randomUUID(),
    created_at: now,
    updated_at: now,
    model,
    messages: [],
    usage: noUsage,
    rounds: 0,
  }
}

export function withMessages(
  conversation: Conversation,
  messages: readonly ChatMessage[],
): Conversation {
  return {
    ...conversation,
    messages: [...conversation.messages, ...messages],
    updated_at: new Date().toISOString(),
  }
}

export function withUsage(conversation: Conversation, usage: ChatUsage | undefined): Conversation {
  const before = conversation.usage
  const added = usage ?? noUsage
  return {
    ...conversation,
    rounds: conversation.rounds + 1,
    usage: {
      prompt_tokens: before.prompt_tokens + added.prompt_tokens,
      completion_tokens: before.completion_tokens + added.completion_tokens,
      total_tokens: before.total_tokens + added.total_tokens,
    },
  }
}

/** What a conversation is known by: the begin of its first words. */
export function titleOf({ messages }: Conversation): string {
  const first = messages.find(({ role }) => role === 'user')
  return first ? textOf(first).replace(/\s+/g, ' ').trim() : ''
}

/** The text of a message, without pictures and other parts. */
export function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content
  return (content ?? [])
    .map((part) => (typeof part['text'] === 'string' ? part['text'] : `[${part.type}]`))
    .join('\n')
}
