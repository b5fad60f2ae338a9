import { stripVTControlCharacters } from 'node:util'

import type { Output } from '../shell.ts'

// Line and paragraph separators, invisible joins that hide words, and tags nobody can see.
const invisible =
  /(?![\n\t])\p{Cc}|\p{Bidi_Control}|[\u2028\u2029\u200B\u2060-\u2064\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu

/** Text from elsewhere without what could move the cursor, recolour, reorder or hide other text. */
export function plain(text: string): string {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n')).replace(invisible, '')
}

/** The same on one line. */
export function plainLine(text: string): string {
  return plain(text.replace(/[\r\n\t]+/g, ' '))
    .replace(/ {2,}/g, ' ')
    .trim()
}

/** A terminal gets plain text; a file or another program gets what was sent. */
export function forOutput(text: string, output: Output): string {
  return output.isTerminal ? plain(text) : text
}

/** Cuts a line to what fits, with an ellipsis. */
export function clip(line: string, width: number): string {
  if (line.length <= width) return line
  const characters = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment)
  return characters.length <= width
    ? line
    : `${characters.slice(0, Math.max(1, width - 1)).join('')}…`
}
