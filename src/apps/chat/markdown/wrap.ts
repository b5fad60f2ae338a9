import { cutRows, textWidth } from '../../../kit/text-width.ts'

/** Text of one look. */
export interface Run {
  readonly text: string
  readonly paint: (text: string) => string
}

/** Runs as lines of at most so many columns, broken between words; a longer word is cut. */
export function wrapRuns(runs: readonly Run[], columns: number): readonly string[] {
  const width = Math.max(4, columns)
  const lines: string[] = []
  let line = ''
  let used = 0
  function next(): void {
    lines.push(line.trimEnd())
    line = ''
    used = 0
  }
  for (const { text, paint } of runs) {
    for (const part of text.match(/\n|[^\S\n]+|\S+/g) ?? []) {
      if (part === '\n') {
        next()
        continue
      }
      const isSpace = part.trim() === ''
      const shown = isSpace ? ' ' : part
      if (used + textWidth(shown) > width && used > 0) next()
      if (isSpace && used === 0) continue
      const rows = cutRows(shown, width)
      for (const [index, row] of rows.entries()) {
        if (index > 0) next()
        line += paint(row)
        used += textWidth(row)
      }
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line]
}
