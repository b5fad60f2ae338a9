import { scanJson } from './json-scan.ts'
import type { Span } from './json-scan.ts'

/** The JSON in an answer, and where it was. */
export interface FoundJson {
  readonly value: unknown
  readonly source: 'answer' | 'fence' | 'text'
}

/**
 * The JSON object or array that an answer holds: the whole of it, else its first fenced block of JSON, else the
 * widest one anywhere in it. The time depends on the length of the answer only.
 */
export function extractJson(text: string): FoundJson | undefined {
  const whole = parse(text.trim())
  if (whole !== undefined) return { value: whole, source: 'answer' }
  for (const block of fencedBlocks(text)) {
    const value = parse(block)
    if (value !== undefined) return { value, source: 'fence' }
  }
  const span = widest(text, scanJson(text).found)
  const value = span && parse(text.slice(span.from, span.to))
  return value === undefined ? undefined : { value, source: 'text' }
}

/** What is handed out where JSON was asked for and none was given. */
export interface FallbackJson {
  readonly question: string
  readonly answer: string
}

export function fallbackJson(question: string, text: string): FallbackJson {
  return { question, answer: text.trim() }
}

/** The object or array that a text is; a lone word or number is not what was asked for. */
function parse(text: string): unknown {
  if (text[0] !== '{' && text[0] !== '[') return undefined
  const [span] = scanJson(text).found
  // The scan knows the grammar, and how deep a value may be.
  return span?.from === 0 && span.to === text.length ? JSON.parse(text) : undefined
}

/** The contents of the blocks between lines of backticks, those called JSON first. */
function fencedBlocks(text: string): readonly string[] {
  const called: string[] = []
  const other: string[] = []
  let open: { readonly ticks: number; readonly from: number; readonly info: string } | undefined
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at)
    const end = newline === -1 ? text.length : newline
    const fence = fenceAt(text, at, end)
    if (fence && !open) open = { ...fence, from: Math.min(end + 1, text.length) }
    else if (fence && open && fence.info === '' && fence.ticks >= open.ticks) {
      const block = text.slice(open.from, at).trim()
      ;(open.info === 'json' ? called : other).push(block)
      open = undefined
    }
    at = end + 1
  }
  return [...called, ...other]
}

/** The fence that a line is, if it is one: how many backticks, and what follows them. */
function fenceAt(
  text: string,
  from: number,
  end: number,
): { readonly ticks: number; readonly info: string } | undefined {
  let at = from
  while (at < end && (text[at] === ' ' || text[at] === '\t')) at += 1
  const first = at
  while (at < end && text[at] === '`') at += 1
  if (at - first < 3) return undefined
  return { ticks: at - first, info: text.slice(at, end).trim().toLowerCase() }
}

/** Objects before arrays, and no "[1]": that is how prose points to its sources. */
function widest(text: string, spans: readonly Span[]): Span | undefined {
  const isObject = ({ from }: Span) => text[from] === '{'
  const meant = spans.filter((span) => isObject(span) || !isCitation(text, span))
  const objects = meant.filter(isObject)
  const [first, ...rest] = objects.length > 0 ? objects : meant
  return rest.reduce<Span | undefined>(
    (best, span) => (best && lengthOf(best) >= lengthOf(span) ? best : span),
    first,
  )
}

const lengthOf = ({ from, to }: Span) => to - from

function isCitation(text: string, { from, to }: Span): boolean {
  return to - from < 8 && /^\[\s*\d*\s*\]$/.test(text.slice(from, to))
}
