import type { Token } from 'marked'

import type { Ink } from './ink.ts'
import type { Run } from './wrap.ts'

const depthLimit = 16

/** What stands inside a paragraph, as runs of one look each. */
export function inlineRuns(
  tokens: readonly Token[] | undefined,
  ink: Ink,
  paint: Run['paint'] = asIs,
  depth = 0,
): readonly Run[] {
  return (tokens ?? []).flatMap((token) => runsOf(token, ink, paint, depth))
}

function asIs(text: string): string {
  return text
}

// oxlint-disable-next-line max-params -- one step of a recursion over tokens
function runsOf(token: Token, ink: Ink, paint: Run['paint'], depth: number): readonly Run[] {
  const inside = (look: Run['paint']): readonly Run[] =>
    depth < depthLimit && 'tokens' in token && token.tokens && token.tokens.length > 0
      ? inlineRuns(token.tokens, ink, (text) => look(paint(text)), depth + 1)
      : [{ text: textOf(token), paint: (text) => look(paint(text)) }]
  switch (token.type) {
    case 'strong':
      return inside(ink.bold)
    case 'em':
      return inside(ink.italic)
    case 'del':
      return inside(ink.struck)
    case 'codespan':
      return inside(ink.code)
    case 'br':
      return [{ text: '\n', paint }]
    case 'link':
      return [...inside(ink.underline), ...target(token, ink)]
    case 'image':
      return [{ text: `[${textOf(token)}]`, paint }, ...target(token, ink)]
    default:
      return inside(asIs)
  }
}

/** Where a link leads is always said: its words may claim something else. */
function target(token: Token, ink: Ink): readonly Run[] {
  const href = 'href' in token && typeof token.href === 'string' ? token.href : ''
  return href === '' || href === textOf(token) ? [] : [{ text: ` (${href})`, paint: ink.dim }]
}

function textOf(token: Token): string {
  return 'text' in token && typeof token.text === 'string' ? token.text : token.raw
}
