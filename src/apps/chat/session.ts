import { converse } from '../../assistant/converse.ts'
import type { Toolbox } from '../../assistant/toolbox.ts'
import type { ChatConfig } from '../../contract/config/schema-chat.ts'
import type { ChatEvent, ChatMessage } from '../../contract/chat.ts'
import type { Conversation } from './conversation.ts'
import { withMessages, withUsage } from './conversation.ts'
import type { ChosenModel } from '../../assistant/models.ts'
import type { ConversationStore } from './store.ts'

export type ChatSettings = Pick<
  ChatConfig,
  'budgets' | 'consent' | 'parallelCalls' | 'resultBytes' | 'system' | 'taint'
>

/** A conversation that goes on. */
export interface Session {
  readonly conversation: () => Conversation
  readonly model: () => ChosenModel
  readonly useModel: (chosen: ChosenModel) => void
  readonly use: (conversation: Conversation) => void
  /** What is sent with the next message. */
  readonly attach: (messages: readonly ChatMessage[]) => void
  /** Says something, and tells what comes of it until the answer is there. */
  readonly say: (text: string | undefined, signal: AbortSignal) => AsyncIterable<ChatEvent>
}

export interface SessionOptions {
  readonly conversation: Conversation
  readonly model: ChosenModel
  readonly toolbox: Toolbox
  readonly settings: ChatSettings
  readonly store: ConversationStore | undefined
}

export function createSession(options: SessionOptions): Session {
  const { store } = options
  let conversation = options.conversation
  let chosen = options.model
  let attached: readonly ChatMessage[] = []

  async function keep(next: Conversation): Promise<void> {
    conversation = next
    await store?.save(next)
  }

  async function* say(text: string | undefined, signal: AbortSignal): AsyncGenerator<ChatEvent> {
    const said: readonly ChatMessage[] = text === undefined ? [] : [{ role: 'user', content: text }]
    // Kept before anything is sent: what was said is there again even when the program ends in between.
    await keep({ ...withMessages(conversation, [...attached, ...said]), model: chosen.id })
    attached = []
    for await (const event of turnOf(options, { conversation, chosen, signal })) {
      if (event.type === 'ended') {
        await keep(withUsage(withMessages(conversation, event.messages), event.usage))
      }
      yield event
    }
  }

  return {
    conversation: () => conversation,
    model: () => chosen,
    useModel(next) {
      chosen = next
    },
    use(next) {
      conversation = next
      attached = []
    },
    attach(messages) {
      attached = [...attached, ...messages]
    },
    say,
  }
}

interface TurnStart {
  readonly conversation: Conversation
  readonly chosen: ChosenModel
  readonly signal: AbortSignal
}

function turnOf(
  { toolbox, settings }: SessionOptions,
  { conversation, chosen, signal }: TurnStart,
): AsyncIterable<ChatEvent> {
  const { system, budgets, parallelCalls, resultBytes, taint } = settings
  const first: readonly ChatMessage[] =
    system === undefined ? [] : [{ role: 'system', content: system }]
  const { provider, model } = chosen
  return converse(
    { provider, toolbox },
    {
      model,
      messages: [...first, ...conversation.messages],
      tools: [],
      extras: {},
      budgets,
      parallelCalls,
      resultBytes,
      taint,
      signal,
    },
  )
}
