import { stripVTControlCharacters } from 'node:util'

const segmenter = new Intl.Segmenter()
const nothing = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]*$/u
const emoji = /\p{Emoji_Presentation}|\uFE0F/u
// East Asian Wide and Fullwidth.
const wide =
  /^[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{17000}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{20000}-\u{3FFFD}]/u
const narrow = /^[ -~]*$/

/** The characters of a text as a person counts them. */
export function charactersOf(text: string): readonly string[] {
  return narrow.test(text)
    ? text.split('')
    : Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/** How many columns of a terminal a text takes; colours take none. */
export function textWidth(text: string): number {
  if (narrow.test(text)) return text.length
  return charactersOf(stripVTControlCharacters(text)).reduce((sum, one) => sum + widthOf(one), 0)
}

function widthOf(character: string): number {
  if (nothing.test(character)) return 0
  return emoji.test(character) || wide.test(character) ? 2 : 1
}

/** Cuts a line to what fits into so many columns, with an ellipsis. */
export function clip(line: string, columns: number): string {
  if (textWidth(line) <= columns) return line
  return `${headOf(line, Math.max(1, columns - 1))}…`
}

/** As much of the begin as fits, without a mark. */
function headOf(line: string, columns: number): string {
  let used = 0
  let head = ''
  for (const character of charactersOf(line)) {
    used += widthOf(character)
    if (used > columns) break
    head += character
  }
  return head
}

/** Pads with spaces to so many columns. */
export function padColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)))
}

/** A line cut into rows of so many columns, wherever a row is full. */
export function cutRows(line: string, columns: number): readonly string[] {
  const rows: string[] = []
  let row = ''
  let used = 0
  for (const character of charactersOf(line)) {
    const width = widthOf(character)
    if (used + width > columns && row !== '') {
      rows.push(row)
      row = ''
      used = 0
    }
    row += character
    used += width
  }
  return [...rows, row]
}
