import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

import { newConversation } from './conversation.ts'
import type { ChatLink } from './link.ts'
import type { ChatOptions } from './options.ts'
import type { Answerer } from './questions/answer.ts'
import { createAnswers } from './questions/answer.ts'
import type { Session } from './session.ts'
import { createSession } from './session.ts'
import type { ConversationStore } from './store.ts'
import { openStore } from './store.ts'
import { createLinkToolbox } from './toolbox.ts'

export interface Begun {
  readonly session: Session
  readonly store: ConversationStore
}

const patienceMs = 15_000

/** Waits until every server has had its chance to say what it offers; a slow one comes in later. */
export async function settled(link: ChatLink): Promise<void> {
  const patience = new AbortController()
  const late = setTimeout(patienceMs, undefined, { signal: patience.signal, ref: false })
  try {
    await Promise.race([link.servers(), late])
  } finally {
    patience.abort()
    late.catch(() => {})
  }
}

/** Begins a conversation, or goes on with an earlier one. */
export async function beginSession(
  options: ChatOptions,
  { answerer }: { readonly answerer: Answerer },
): Promise<Begun> {
  const { link, models, settings, resume, folder } = options
  const store = openStore(join(folder, 'conversations'))
  const earlier =
    resume === undefined ? undefined : await store.find(resume === true ? undefined : resume)
  const model = models.choose(options.model ?? earlier?.model)
  const session: Session = createSession({
    conversation: earlier ?? newConversation(model.id),
    model,
    settings,
    store,
    toolbox: createLinkToolbox({
      link,
      consent: settings.consent,
      conversation: () => session.conversation().id,
      answer: createAnswers(answerer),
      isUnattended: answerer.isAbsent === true,
    }),
  })
  return { session, store }
}
