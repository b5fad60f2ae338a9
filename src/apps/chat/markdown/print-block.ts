import type { Token, Tokens } from 'marked'

import { cutRows, padColumns, textWidth } from '../../../kit/text-width.ts'
import { inlineRuns } from './inline.ts'
import type { Ink } from './ink.ts'
import { wrapRuns } from './wrap.ts'

export interface Page {
  readonly columns: number
  readonly ink: Ink
}

const depthLimit = 8

/** One block of Markdown as lines of a terminal. */
export function printBlock(token: Token, page: Page, depth = 0): readonly string[] {
  if (depth > depthLimit) return wrapped(token.raw, page)
  if (isToken(token, 'heading')) return heading(token, page)
  if (isToken(token, 'code')) return code(token, page)
  if (isToken(token, 'list')) return list(token, page, depth)
  if (isToken(token, 'blockquote')) return quote(token, page, depth)
  if (isToken(token, 'table')) return table(token, page)
  switch (token.type) {
    case 'space':
    case 'def':
      return []
    case 'hr':
      return [page.ink.dim('─'.repeat(Math.min(40, page.columns)))]
    case 'paragraph':
    case 'text':
      return wrapRuns(
        inlineRuns('tokens' in token ? token.tokens : [token], page.ink),
        page.columns,
      )
    default:
      return wrapped(token.raw.trimEnd(), page)
  }
}

interface Kinds {
  readonly heading: Tokens.Heading
  readonly code: Tokens.Code
  readonly list: Tokens.List
  readonly blockquote: Tokens.Blockquote
  readonly table: Tokens.Table
}

function isToken<Kind extends keyof Kinds>(token: Token, kind: Kind): token is Kinds[Kind] {
  return token.type === kind
}

function wrapped(text: string, { columns }: Page): readonly string[] {
  return wrapRuns([{ text, paint: (one) => one }], columns)
}

function heading({ depth, tokens }: Tokens.Heading, { columns, ink }: Page): readonly string[] {
  const look = depth === 1 ? (text: string) => ink.bold(ink.underline(text)) : ink.bold
  return wrapRuns(inlineRuns(tokens, ink, look), columns)
}

/** Code keeps its spaces; a line that is too long goes on in the next row. */
function code({ text }: Tokens.Code, { columns, ink }: Page): readonly string[] {
  return text
    .replaceAll('\t', '    ')
    .split('\n')
    .flatMap((line) => cutRows(line, Math.max(4, columns - 2)))
    .map((row) => `  ${ink.code(row)}`)
}

function list(token: Tokens.List, page: Page, depth: number): readonly string[] {
  const first = typeof token.start === 'number' ? token.start : 1
  return token.items.flatMap((item, index) => {
    const mark = token.ordered ? `${first + index}. ` : '• '
    const done = item.task ? (item.checked ? '[x] ' : '[ ] ') : ''
    const inner = { ...page, columns: page.columns - mark.length }
    const lines = item.tokens
      .filter(({ type }) => type !== 'checkbox')
      .flatMap((part) => printBlock(part, inner, depth + 1))
    const indent = ' '.repeat(mark.length)
    return lines.map((line, row) => `${row === 0 ? mark + done : indent}${line}`)
  })
}

function quote(token: Tokens.Blockquote, page: Page, depth: number): readonly string[] {
  const inner = { ...page, columns: page.columns - 2 }
  return token.tokens
    .flatMap((part) => printBlock(part, inner, depth + 1))
    .map((line) => `${page.ink.dim('│')} ${line}`)
}

/** Columns where they fit; else each row as lines of its own. */
function table({ header, rows }: Tokens.Table, page: Page): readonly string[] {
  const cells = [header, ...rows].map((row) =>
    row.map(({ tokens }) =>
      inlineRuns(tokens, page.ink)
        .map(({ text, paint }) => paint(text.replaceAll('\n', ' ')))
        .join(''),
    ),
  )
  const widths = header.map((_, index) =>
    Math.max(...cells.map((row) => textWidth(row[index] ?? ''))),
  )
  const total = widths.reduce((sum, width) => sum + width + 2, -2)
  if (total > page.columns) return narrowTable(cells, page)
  const lines = cells.map((row) =>
    row
      .map((cell, index) => padColumns(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const rule = page.ink.dim(widths.map((width) => '─'.repeat(width)).join('  '))
  return [page.ink.bold(lines[0] ?? ''), rule, ...lines.slice(1)]
}

function narrowTable(
  [header = [], ...rows]: readonly (readonly string[])[],
  page: Page,
): readonly string[] {
  return rows.flatMap((row, at) => [
    ...(at === 0 ? [] : ['']),
    ...row.flatMap((cell, index) => wrapped(`${header[index] ?? ''}: ${cell}`, page)),
  ])
}
