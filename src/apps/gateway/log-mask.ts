export const masked = '[masked]'

/** Makes text of others fit to stand in a line of ours. */
export interface Clean {
  /** Secrets masked, harmless to any reader, and of bounded length. */
  (text: string): string
  /** Only the secrets masked. */
  readonly hide: (text: string) => string
}

const limitBytes = 8 * 1024
/** What is looked through for secrets; the rest of a longer text is never shown. */
const lookedThrough = 2 * limitBytes
const shortestSecret = 4

export function createClean(secrets: Iterable<string>): Clean {
  const spellings = [...secrets]
    .flatMap(spellingsOf)
    .filter(({ length }) => length >= shortestSecret)
  // The longest first: a secret may begin with another one.
  const known = [...new Set(spellings)].toSorted((one, other) => other.length - one.length)
  const longest = known[0]?.length ?? 0
  const pattern =
    known.length === 0
      ? undefined
      : new RegExp(known.map((secret) => RegExp.escape(secret)).join('|'), 'g')

  const hide = (text: string) => (pattern ? text.replaceAll(pattern, masked) : text)

  function clean(text: string): string {
    const whole =
      text.length > lookedThrough + longest ? text.slice(0, lookedThrough + longest) : text
    const hidden = hide(whole)
    // Where the text was cut a secret may have been cut too, and is not recognised.
    const safe = whole === text ? hidden : hidden.slice(0, Math.max(0, hidden.length - longest))
    return cut(safe.replaceAll(steering, visible), text.length)
  }
  return Object.assign(clean, { hide })
}

/** Every way a secret is likely to be written by a program that does not mean to tell it. */
function spellingsOf(secret: string): readonly string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encode(secret)]
}

function encode(secret: string): string {
  try {
    return encodeURIComponent(secret)
  } catch {
    // Half a surrogate pair has no such spelling.
    return secret
  }
}

/** What could end a line, steer a terminal, or turn text around. */
const steering = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu

function visible(char: string): string {
  if (char === '\n') return '\\n'
  if (char === '\t') return '\\t'
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function cut(text: string, lengthBefore: number): string {
  if (text.length <= limitBytes && lengthBefore <= lookedThrough) return text
  return `${text.slice(0, limitBytes)}… (${lengthBefore} characters)`
}
