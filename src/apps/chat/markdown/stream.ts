import { lexer } from 'marked'
import type { Token } from 'marked'

import { createPlainFilter } from '../../../kit/plain.ts'
import { printBlock } from './print-block.ts'
import type { Page } from './print-block.ts'
import { wrapRuns } from './wrap.ts'

/** Markdown that comes in pieces: a block is printed when the next one has begun. */
export interface MarkdownStream {
  /** Lines that are complete now. */
  readonly push: (text: string) => readonly string[]
  /** What is not complete yet, as it was written. */
  readonly tail: () => readonly string[]
  readonly end: () => readonly string[]
}

/** As much as a terminal can show of what is not complete. */
const tailCharacters = 8000

export function createMarkdownStream(page: () => Page): MarkdownStream {
  const filter = createPlainFilter()
  let rest = ''
  let hasPrinted = false

  function print(tokens: readonly Token[]): readonly string[] {
    return tokens.flatMap((token) => {
      const lines = printBlock(token, page())
      if (lines.length === 0) return []
      const gap = hasPrinted ? [''] : []
      hasPrinted = true
      return [...gap, ...lines]
    })
  }

  return {
    push(text) {
      rest += filter.push(text)
      if (!text.includes('\n') || isOpenCode(rest)) return []
      // A line that is not complete may still turn out to be of the block before it.
      const tokens = lexer(rest.slice(0, rest.lastIndexOf('\n') + 1))
      const open = tokens.findLastIndex(({ type }) => type !== 'space')
      if (open < 1) return []
      const done = tokens.slice(0, open)
      rest = rest.slice(done.reduce((length, { raw }) => length + raw.length, 0))
      return print(done)
    },
    tail() {
      const shown = rest.slice(-tailCharacters).trimEnd()
      if (shown === '') return []
      return shown
        .replaceAll('\t', '    ')
        .split('\n')
        .flatMap((text) => wrapRuns([{ text, paint: (one) => one }], page().columns))
    },
    end() {
      const text = rest + filter.end()
      rest = ''
      return print(lexer(text))
    },
  }
}

/** Code without its end is one block however long it gets: looking at it line by line would take ever longer. */
function isOpenCode(text: string): boolean {
  const fence = /^ {0,3}(`{3,}|~{3,})/.exec(text)?.[1]
  return fence !== undefined && !new RegExp(`\\n {0,3}${fence}`).test(text)
}
