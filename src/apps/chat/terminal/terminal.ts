import { emitKeypressEvents } from 'node:readline'

/** One key, as Node reads it from the bytes of a terminal. */
export interface Key {
  readonly name: string | undefined
  readonly sequence: string
  readonly ctrl: boolean
  readonly meta: boolean
  readonly shift: boolean
}

export type KeyListener = (key: Key) => void

/** The terminal a person sits at. */
export interface Terminal extends Disposable {
  readonly columns: () => number
  readonly rows: () => number
  readonly write: (text: string) => void
  /** The listener that came last gets the keys, until it is disposed of. */
  readonly listen: (listener: KeyListener) => Disposable
  readonly onResize: (listener: () => void) => Disposable
}

const pasteOn = '\u001B[?2004h'
const pasteOff = '\u001B[?2004l'
const cursorOn = '\u001B[?25h'

/** Takes the terminal of this process over, key by key; disposing gives it back as it was. */
export function openTerminal(): Terminal {
  const { stdin, stdout } = process
  const listeners: KeyListener[] = []
  const hear = (_: string | undefined, key: Partial<Key>): void => listeners.at(-1)?.(keyOf(key))
  const restore = (): void => {
    stdin.setRawMode(false)
    stdout.write(pasteOff + cursorOn)
  }

  emitKeypressEvents(stdin)
  stdin.setRawMode(true)
  stdin.on('keypress', hear)
  stdin.resume()
  stdout.write(pasteOn)
  // However the process ends, the shell after it must find its terminal usable.
  process.once('exit', restore)

  return {
    columns: () => stdout.columns || 80,
    rows: () => stdout.rows || 24,
    write: (text) => void stdout.write(text),
    listen(listener) {
      listeners.push(listener)
      return {
        [Symbol.dispose]: () => void listeners.splice(listeners.lastIndexOf(listener), 1),
      }
    },
    onResize(listener) {
      stdout.on('resize', listener)
      return { [Symbol.dispose]: () => void stdout.off('resize', listener) }
    },
    [Symbol.dispose]() {
      stdin.off('keypress', hear)
      process.off('exit', restore)
      restore()
      stdin.pause()
    },
  }
}

function keyOf({ name, sequence = '', ctrl, meta, shift }: Partial<Key>): Key {
  return { name, sequence, ctrl: ctrl === true, meta: meta === true, shift: shift === true }
}
