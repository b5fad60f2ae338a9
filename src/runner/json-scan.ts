/** Where a JSON object or array stands in a text. */
export interface Span {
  readonly from: number
  readonly to: number
}

export interface Scan {
  /** The widest objects and arrays of the text; no two overlap. */
  readonly found: readonly Span[]
  /** How many characters were looked at: never more than four times those of the text. */
  readonly steps: number
}

/** Deeper ones are not looked for: printing them again would overflow the stack of many a reader. */
const depthLimit = 256

/** What may come next inside an object or array. */
type Expecting = 'first-key' | 'key' | 'colon' | 'value' | 'first-value' | 'after-value'

interface Frame {
  readonly from: number
  readonly isObject: boolean
  expecting: Expecting
}

/**
 * Finds the JSON in a text by the grammar, in one pass. Where the grammar breaks, everything that is open there is
 * given up at once, for each would break at the same place; only a string that was open or had just ended is looked
 * into, since it may have begun with a quotation mark of the prose.
 */
export function scanJson(text: string): Scan {
  const found: Span[] = []
  let steps = 0
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    steps += 1
    if (code !== openBrace && code !== openBracket) {
      at += 1
      continue
    }
    const walked = walk(text, at, found)
    steps += walked.steps
    at = walked.next
  }
  return { found, steps }
}

interface Walked {
  readonly next: number
  readonly steps: number
}

const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const quote = 0x22
const backslash = 0x5c

/** Follows the value that begins here to its end, or to where the grammar breaks. */
function walk(text: string, start: number, found: Span[]): Walked {
  const frames: Frame[] = []
  let at = start
  let steps = 0
  let lastString: Span | undefined

  while (at < text.length) {
    const code = text.charCodeAt(at)
    steps += 1
    if (isSpace(code)) {
      at += 1
      continue
    }
    const frame = frames.at(-1)
    if (code === quote && frame && takesString(frame)) {
      const to = stringEnd(text, at)
      steps += Math.abs(to) - at
      lastString = { from: at, to: Math.abs(to) }
      if (to < 0) break
      at = to
      continue
    }
    const next = step(text, at, frames, found)
    if (next === undefined) break
    lastString = undefined
    steps += next - at - 1
    at = next
    if (frames.length === 0) return { next: at, steps }
  }
  return { next: lastString ? lastString.from + 1 : Math.max(at, start + 1), steps }
}

/** Past the token that begins here, or nothing when it may not stand here. */
function step(text: string, at: number, frames: Frame[], found: Span[]): number | undefined {
  const code = text.charCodeAt(at)
  const frame = frames.at(-1)
  switch (code) {
    case openBrace:
    case openBracket:
      if ((frame && !takesValue(frame)) || frames.length >= depthLimit) return undefined
      if (frame) frame.expecting = 'after-value'
      frames.push(opened(at, code === openBrace))
      return at + 1
    case closeBrace:
    case closeBracket:
      if (!frame || !closes(frame, code)) return undefined
      frames.pop()
      keepWidest(found, { from: frame.from, to: at + 1 })
      return at + 1
    case 0x2c:
      if (frame?.expecting !== 'after-value') return undefined
      frame.expecting = frame.isObject ? 'key' : 'value'
      return at + 1
    case 0x3a:
      if (frame?.expecting !== 'colon') return undefined
      frame.expecting = 'value'
      return at + 1
    default:
      return frame && scalarEnd(text, at, frame)
  }
}

function opened(from: number, isObject: boolean): Frame {
  return { from, isObject, expecting: isObject ? 'first-key' : 'first-value' }
}

function closes(frame: Frame, code: number): boolean {
  if (frame.isObject !== (code === closeBrace)) return false
  return ['after-value', frame.isObject ? 'first-key' : 'first-value'].includes(frame.expecting)
}

/** What lies inside the new one was found before it. */
function keepWidest(found: Span[], span: Span): void {
  while ((found.at(-1)?.from ?? -1) > span.from) found.pop()
  found.push(span)
}

const takesValue = ({ expecting }: Frame) => expecting === 'value' || expecting === 'first-value'

function takesString(frame: Frame): boolean {
  if (takesValue(frame)) frame.expecting = 'after-value'
  else if (frame.expecting === 'key' || frame.expecting === 'first-key') frame.expecting = 'colon'
  else return false
  return true
}

const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

function scalarEnd(text: string, at: number, frame: Frame): number | undefined {
  if (!takesValue(frame)) return undefined
  scalar.lastIndex = at
  const [word] = scalar.exec(text) ?? []
  if (word === undefined) return undefined
  frame.expecting = 'after-value'
  return at + word.length
}

const escaped = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y

/** Past the string that begins here; the negative of where it breaks. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) return at + 1
    if (code < 0x20) return -at
    if (code === backslash) {
      escaped.lastIndex = at + 1
      const [escape] = escaped.exec(text) ?? []
      if (escape === undefined) return -at
      at += escape.length
    }
    at += 1
  }
  return -at
}

const isSpace = (code: number) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
