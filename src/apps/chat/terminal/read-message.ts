import { plain } from '../../../kit/plain.ts'
import { drawDraft } from './editor-view.ts'
import * as edit from './editor.ts'
import type { Draft, Edit } from './editor.ts'
import type { Screen } from './screen.ts'
import type { Key, Terminal } from './terminal.ts'

/** What a person typed, or how they left. */
export type Typed =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'end' }

export interface Reading {
  readonly terminal: Pick<Terminal, 'listen' | 'onResize'>
  readonly screen: Screen
  readonly prompt: string
  readonly history: readonly string[]
  readonly signal: AbortSignal
}

/** Reads one message, of one line or several. */
export function readMessage(reading: Reading): Promise<Typed> {
  const { terminal, screen, prompt, signal } = reading
  const { promise, resolve } = Promise.withResolvers<Typed>()
  const writer = createWriter(reading.history)
  const draw = (): void => screen.show(drawDraft(writer.draft(), prompt, screen.columns()))
  const listening = terminal.listen((key) => {
    const typed = writer.press(key)
    if (typed) leave(typed)
    else draw()
  })
  const resizing = terminal.onResize(draw)
  const abort = (): void => leave({ kind: 'end' })

  function leave(typed: Typed): void {
    // At once: a key right behind this one is not for this message any more.
    listening[Symbol.dispose]()
    resizing[Symbol.dispose]()
    signal.removeEventListener('abort', abort)
    const { rows } = drawDraft(writer.draft(), prompt, screen.columns())
    screen.clear()
    screen.print(rows.join('\n'))
    resolve(typed)
  }

  if (signal.aborted) leave({ kind: 'end' })
  else {
    signal.addEventListener('abort', abort, { once: true })
    draw()
  }
  return promise
}

export interface Writer {
  readonly draft: () => Draft
  /** Says what was typed when the key ends it. */
  readonly press: (key: Key) => Typed | undefined
}

/** A draft that keys change, with what was typed before above it. */
export function createWriter(history: readonly string[]): Writer {
  let draft = edit.emptyDraft
  let place = history.length
  let unsent = ''
  let pasted: string | undefined

  function recall(by: -1 | 1): void {
    const next = place + by
    if (next < 0 || next > history.length) return
    if (place === history.length) unsent = draft.text
    place = next
    draft = edit.draftOf(history[place] ?? unsent)
  }

  function press(key: Key): Typed | undefined {
    if (key.name === 'paste-start') pasted = ''
    else if (key.name === 'paste-end') {
      draft = edit.insert(draft, plain((pasted ?? '').replace(/\r\n?/g, '\n')))
      pasted = undefined
    } else if (pasted !== undefined) pasted += key.sequence
    else return type(key)
    return undefined
  }

  function type(key: Key): Typed | undefined {
    const { text } = draft
    const pressed = chordOf(key)
    if (pressed === 'C-c') {
      if (text === '') return { kind: 'interrupt' }
      draft = edit.emptyDraft
      place = history.length
    } else if (pressed === 'C-d' && text === '') return { kind: 'end' }
    else if (pressed === 'return' && text.endsWith('\\') && draft.at === text.length) {
      draft = edit.draftOf(`${text.slice(0, -1)}\n`)
    } else if (pressed === 'return') return { kind: 'message', text }
    else if (pressed === 'up' || pressed === 'C-p') move(-1)
    else if (pressed === 'down' || pressed === 'C-n') move(1)
    else change(pressed, key)
    return undefined
  }

  function move(by: -1 | 1): void {
    const moved = edit.moveLine(draft, by)
    if (moved) draft = moved
    else recall(by)
  }

  function change(pressed: string, key: Key): void {
    const made = edits.get(pressed)
    if (made) draft = made(draft)
    else if (pressed === 'M-return' || pressed === 'enter') draft = edit.insert(draft, '\n')
    else if (!key.ctrl && !key.meta) draft = edit.insert(draft, printable(key.sequence))
  }

  return { draft: () => draft, press }
}

const edits: ReadonlyMap<string, Edit> = new Map([
  ['left', edit.left],
  ['right', edit.right],
  ['C-b', edit.left],
  ['C-f', edit.right],
  ['home', edit.lineStart],
  ['end', edit.lineEnd],
  ['C-a', edit.lineStart],
  ['C-e', edit.lineEnd],
  ['M-b', edit.wordLeft],
  ['M-f', edit.wordRight],
  ['C-left', edit.wordLeft],
  ['C-right', edit.wordRight],
  ['backspace', edit.deleteLeft],
  ['C-h', edit.deleteLeft],
  ['delete', edit.deleteRight],
  ['C-d', edit.deleteRight],
  ['C-w', edit.deleteWordLeft],
  ['M-backspace', edit.deleteWordLeft],
  ['C-u', edit.deleteToStart],
  ['C-k', edit.deleteToEnd],
])

function chordOf({ name = '', ctrl, meta }: Key): string {
  return `${ctrl ? 'C-' : ''}${meta ? 'M-' : ''}${name}`
}

/** A key that is no character, as F5, writes nothing. */
function printable(sequence: string): string {
  return sequence.startsWith('\u001B') || sequence === '\t' ? '' : plain(sequence)
}
