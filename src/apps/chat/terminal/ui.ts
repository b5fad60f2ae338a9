import type { Ink } from '../markdown/ink.ts'
import type { History } from './history.ts'
import { readMessage } from './read-message.ts'
import type { Typed } from './read-message.ts'
import type { Screen } from './screen.ts'
import { createScreen } from './screen.ts'
import type { Key, Terminal } from './terminal.ts'

/** The chat as a person sees it. */
export interface Ui {
  readonly ink: Ink
  readonly columns: () => number
  readonly rows: () => number
  /** Whole lines, which stay; while a question is open they wait for its end. */
  readonly print: (text: string) => void
  /** Lines at the bottom that change; while a question is open they are not shown. */
  readonly show: (rows: readonly string[]) => void
  readonly readMessage: (prompt: string) => Promise<Typed>
  /** Runs one question after the other, and nothing is printed in between but what it prints. */
  readonly asking: <Value>(ask: (question: Question) => Promise<Value>) => Promise<Value>
  readonly listen: (listener: (key: Key) => void) => Disposable
}

export interface Question {
  readonly print: (text: string) => void
  /** One line of an answer; undefined when there is none: the person or the signal left it. */
  readonly read: (prompt: string, signal: AbortSignal) => Promise<string | undefined>
}

export interface UiOptions {
  readonly terminal: Terminal
  readonly ink: Ink
  readonly history: History
  readonly signal: AbortSignal
}

export function createUi({ terminal, ink, history, signal }: UiOptions): Ui {
  const screen = createScreen(terminal)
  let shown: readonly string[] = []
  const reader = (prompt: string, entries: readonly string[], ends: AbortSignal): Promise<Typed> =>
    readMessage({ terminal, screen, prompt, history: entries, signal: ends })
  const turns = createTurns(() => showRows(screen, shown))
  const question: Question = {
    print: (text) => screen.print(text),
    async read(prompt, ends) {
      const typed = await reader(prompt, [], AbortSignal.any([ends, signal]))
      return typed.kind === 'message' ? typed.text : undefined
    },
  }

  return {
    ink,
    columns: () => screen.columns(),
    rows: () => screen.rows(),
    print: (text) => turns.afterwards(() => screen.print(text)),
    show(rows) {
      shown = rows
      if (!turns.isOpen()) showRows(screen, rows)
    },
    async readMessage(prompt) {
      const typed = await reader(prompt, history.entries(), signal)
      if (typed.kind === 'message' && typed.text.trim() !== '') await history.add(typed.text)
      return typed
    },
    asking: (ask) =>
      turns.take(() => {
        screen.clear()
        return ask(question)
      }),
    listen: (listener) => terminal.listen(listener),
  }
}

interface Turns {
  readonly isOpen: () => boolean
  /** Runs work when nobody is asked anything. */
  readonly afterwards: (work: () => void) => void
  /** Runs one question after the other. */
  readonly take: <Value>(ask: () => Promise<Value>) => Promise<Value>
}

function createTurns(closed: () => void): Turns {
  const held: (() => void)[] = []
  let open = 0
  let last: Promise<unknown> = Promise.resolve()

  function close(): void {
    open -= 1
    if (open > 0) return
    for (const work of held.splice(0)) work()
    closed()
  }

  return {
    isOpen: () => open > 0,
    afterwards(work) {
      if (open > 0) held.push(work)
      else work()
    },
    take(ask) {
      open += 1
      const turn = last.then(ask).finally(close)
      last = turn.catch(() => {})
      return turn
    },
  }
}

function showRows(screen: Screen, rows: readonly string[]): void {
  if (rows.length === 0) screen.clear()
  else screen.show({ rows })
}
