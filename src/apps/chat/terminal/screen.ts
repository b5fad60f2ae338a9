import { clip, textWidth } from '../../../kit/text-width.ts'
import type { Terminal } from './terminal.ts'

/** Rows at the bottom that are drawn again and again, each narrower than the terminal. */
export interface Live {
  readonly rows: readonly string[]
  /** Where the cursor stands; left out, at the end. */
  readonly cursor?: { readonly row: number; readonly column: number }
}

/** What is printed stays and scrolls away; below it is what is alive. */
export interface Screen {
  /** Our own colours and text that went through the filter, nothing else; whole lines. */
  readonly print: (text: string) => void
  readonly show: (live: Live) => void
  readonly clear: () => void
  readonly columns: () => number
  readonly rows: () => number
}

type Surface = Pick<Terminal, 'columns' | 'rows' | 'write' | 'onResize'>

/** What stands on the terminal, and where the cursor is in it. */
interface Drawn {
  readonly rows: readonly string[]
  readonly row: number
  readonly column: number
}

const nothing: Live = { rows: [] }

export function createScreen(terminal: Surface): Screen {
  let live = nothing
  let drawn: Drawn = { rows: [], row: 0, column: 0 }

  /** Clears what was drawn; a terminal that became narrower has made more rows of it. */
  function erase(): string {
    const { rows, row, column } = drawn
    const columns = terminal.columns()
    const above = rows.slice(0, row).map((one) => Math.max(1, Math.ceil(textWidth(one) / columns)))
    const up = above.reduce((sum, height) => sum + height, Math.floor(column / columns))
    drawn = { rows: [], row: 0, column: 0 }
    // Some terminals keep a screen that is cleared from its top: one row is cleared as a row.
    return `\r${up > 0 ? `\u001B[${up}A` : ''}${rows.length > 1 || up > 0 ? '\u001B[J' : '\u001B[K'}`
  }

  function draw(): string {
    const { rows, cursor } = shown(live, terminal.rows())
    if (rows.length === 0) return ''
    const width = terminal.columns() - 1
    const clipped = rows.map((row) => clip(row, width))
    const last = clipped.length - 1
    const { row, column } = cursor ?? { row: last, column: textWidth(clipped[last] ?? '') }
    drawn = { rows: clipped, row, column }
    const back = last > row ? `\u001B[${last - row}A` : ''
    return `${clipped.join('\r\n')}${back}\r${column > 0 ? `\u001B[${column}C` : ''}`
  }

  terminal.onResize(() => terminal.write(erase() + draw()))

  return {
    print(text) {
      if (text === '') return
      const ended = text.endsWith('\n') ? text : `${text}\n`
      terminal.write(erase() + ended.replaceAll('\n', '\r\n') + draw())
    },
    show(next) {
      live = next
      terminal.write(erase() + draw())
    },
    clear() {
      live = nothing
      terminal.write(erase())
    },
    columns: () => terminal.columns(),
    rows: () => terminal.rows(),
  }
}

/** More rows than the terminal has could not be erased again: those around the cursor are shown. */
function shown({ rows, cursor }: Live, height: number): Live {
  const room = Math.max(1, height - 1)
  if (rows.length <= room) return cursor ? { rows, cursor } : { rows }
  const at = cursor?.row ?? rows.length - 1
  const first = Math.min(Math.max(0, at - Math.floor(room / 2)), rows.length - room)
  const visible = rows.slice(first, first + room)
  return cursor
    ? { rows: visible, cursor: { row: cursor.row - first, column: cursor.column } }
    : { rows: visible }
}
