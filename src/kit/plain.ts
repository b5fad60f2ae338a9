// Line and paragraph separators, invisible joins that hide words, and tags nobody can see.
const invisible =
  /(?![\n\t])\p{Cc}|\p{Bidi_Control}|[\u2028\u2029\u200B\u2060-\u2064\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu
const suspicious = new RegExp(invisible.source, 'u')

const sequenceLimit = 4096

/** Text from elsewhere without what could move the cursor, recolour, reorder or hide other text. */
export function plain(text: string): string {
  if (!suspicious.test(text)) return text
  const filter = createPlainFilter()
  return filter.push(text) + filter.end()
}

/** The same on one line. */
export function plainLine(text: string): string {
  return plain(text.replace(/[\r\n\t]+/g, ' '))
    .replace(/ {2,}/g, ' ')
    .trim()
}

/** The same for text that comes in chunks, wherever they are cut. */
export interface PlainFilter {
  readonly push: (chunk: string) => string
  /** What was held back because it might have been the begin of something. */
  readonly end: () => string
}

type State = 'text' | 'escape' | 'control' | 'string' | 'string-escape'

export function createPlainFilter(): PlainFilter {
  let state: State = 'text'
  /** The inside of a sequence that has no end yet: it is shown if none comes. */
  let held = ''
  let rest = ''

  function leave(): string {
    const inside = held
    held = ''
    state = 'text'
    return inside
  }

  function take(character: string): string {
    const next = step(state, character)
    if (next === 'given-up' || held.length > sequenceLimit) return leave() + take(character)
    if (next === 'text' && state !== 'text') {
      leave()
      return ''
    }
    if (next === state && state === 'text') return character
    held = state === 'text' || isIntroduced(state, next) ? '' : held + character
    state = next
    return ''
  }

  return {
    push(chunk) {
      const text = rest + chunk
      // Half of a character and half of a line break wait for the other half.
      rest = /[\r\uD800-\uDBFF]$/.exec(text)?.[0] ?? ''
      const whole = text.slice(0, text.length - rest.length).replaceAll('\r\n', '\n')
      if (state === 'text' && !suspicious.test(whole)) return whole
      let kept = ''
      for (const character of whole) kept += take(character)
      return kept.replace(invisible, '')
    },
    end() {
      const last = (state === 'text' ? '' : leave()) + rest
      rest = ''
      return last.replace(invisible, '')
    },
  }
}

function isIntroduced(from: State, to: State): boolean {
  return from === 'escape' && (to === 'control' || to === 'string')
}

/** The state after a character; `given-up` where it cannot be part of the sequence it stands in. */
function step(state: State, character: string): State | 'given-up' {
  switch (state) {
    case 'text':
      return introduced(character) ?? 'text'
    case 'escape':
      if (character === '[') return 'control'
      if (/[\]PX^_]/.test(character)) return 'string'
      if (/[ -/]/.test(character)) return 'escape'
      return /[0-~]/.test(character) ? 'text' : 'given-up'
    case 'control':
      if (/[@-~]/.test(character)) return 'text'
      return /[ -?]/.test(character) ? 'control' : 'given-up'
    case 'string':
      if (character === '\u0007' || character === '\u009C') return 'text'
      if (character === '\u001B') return 'string-escape'
      return character === '\n' ? 'given-up' : 'string'
    case 'string-escape':
      return character === '\\' ? 'text' : 'given-up'
    default:
      return state satisfies never
  }
}

function introduced(character: string): State | undefined {
  if (character === '\u001B') return 'escape'
  if (character === '\u009B') return 'control'
  return /[\u0090\u0098\u009D-\u009F]/.test(character) ? 'string' : undefined
}
