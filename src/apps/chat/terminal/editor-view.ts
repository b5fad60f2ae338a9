import { cutRows, textWidth } from '../../../kit/text-width.ts'
import type { Draft } from './editor.ts'
import type { Live } from './screen.ts'

/** A draft as rows of a terminal: the first behind the prompt, the others under it. */
export function drawDraft({ text, at }: Draft, prompt: string, columns: number): Live {
  const indent = ' '.repeat(textWidth(prompt))
  const room = Math.max(2, columns - 1 - indent.length)
  const rows: string[] = []
  let cursor = { row: 0, column: indent.length }
  let start = 0
  // A tab is one character and would be drawn as several.
  for (const line of text.replaceAll('\t', ' ').split('\n')) {
    const cut = cutRows(line, room)
    let from = start
    for (const [index, piece] of cut.entries()) {
      const isLast = index === cut.length - 1
      const end = from + piece.length
      if (at >= from && (at < end || (at === end && isLast))) {
        const column = textWidth(piece.slice(0, at - from))
        cursor = { row: rows.length, column: indent.length + column }
      }
      rows.push(`${rows.length === 0 ? prompt : indent}${piece}`)
      from = end
    }
    start += line.length + 1
  }
  return { rows, cursor }
}
