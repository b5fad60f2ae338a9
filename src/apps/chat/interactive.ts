import { join } from 'node:path'

import { beginSession } from './begin.ts'
import type { Begun } from './begin.ts'
import type { Chat } from './chat.ts'
import { commandIn } from './commands/commands.ts'
import { greet } from './greet.ts'
import { createInterruption } from './interruption.ts'
import type { Interruption } from './interruption.ts'
import type { GrantShown } from './link.ts'
import { createInk } from './markdown/ink.ts'
import type { ChatOptions } from './options.ts'
import { printEnding, printFailure } from './print-ending.ts'
import { createTerminalAnswerer } from './questions/at-terminal.ts'
import { openHistory } from './terminal/history.ts'
import { openTerminal } from './terminal/terminal.ts'
import { createUi } from './terminal/ui.ts'
import type { Ui } from './terminal/ui.ts'
import { showTurn } from './turn.ts'

/** A chat in the terminal of this process, until the person leaves it. */
export async function chatAtTerminal(options: ChatOptions): Promise<void> {
  const leaving = new AbortController()
  const signal = AbortSignal.any([options.signal, leaving.signal])
  const history = await openHistory(join(options.folder, 'history'))
  using terminal = openTerminal()
  const ui = createUi({ terminal, ink: createInk(options.hasColor), history, signal })
  const leave = (): void => leaving.abort()
  const interruption = createInterruption({ ui, signal, leave })
  const granted: GrantShown[] = []
  const answerer = createTerminalAnswerer({
    ui,
    allowed: options.allow,
    leave: () => interruption.interrupt(),
    decided({ id, server, tool }, scope) {
      if (scope === 'conversation' || scope === 'always') granted.push({ id, server, tool, scope })
    },
  })
  const begun = await beginSession(options, { answerer })
  const isThere = await interruption.run((ends) => greet(options, { ...begun, ui, signal: ends }))
  if (isThere) await talk(options, { ...begun, ui, interruption, granted, leave, signal })
}

interface Talk extends Begun {
  readonly ui: Ui
  readonly interruption: Interruption
  readonly granted: readonly GrantShown[]
  readonly leave: () => void
  readonly signal: AbortSignal
}

/** One message after the other: to the chat itself, or to the model. */
async function talk({ link, models, save, cwd }: ChatOptions, talking: Talk): Promise<void> {
  const { ui, session, store, interruption, granted, signal } = talking

  async function say(text: string | undefined, ends: AbortSignal): Promise<void> {
    const ended = await showTurn(session.say(text, ends), ui, save)
    if (ended) printEnding(ended, ui)
  }

  async function take(text: string, ends: AbortSignal): Promise<void> {
    const command = commandIn(text)
    if (!command) return say(text, ends)
    const chat: Chat = {
      ui,
      session,
      store,
      link,
      models,
      save,
      cwd,
      granted: () => granted,
      signal: ends,
      say: (words) => say(words, ends),
    }
    if ((await command(chat)) === 'leave') talking.leave()
  }

  while (!signal.aborted) {
    const typed = await ui.readMessage('> ')
    if (typed.kind !== 'message') return
    if (typed.text.trim() === '') continue
    await interruption
      .run((ends) => take(typed.text, ends))
      .catch((cause: unknown) => printFailure(cause, ui))
  }
}
