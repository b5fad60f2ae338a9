import { isRecord } from '../../../../kit/is-record.ts'

/** A part of a text that looks like a secret. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A secret in an entry: at which keys, and which part of the text there. */
export interface FoundToken extends Span {
  readonly path: readonly string[]
  readonly text: string
}

const marked =
  /\b(?:sk-[\w-]{12,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{12,}|xox[abeprs]-[\w-]{10,}|xapp-[\w-]{10,}|AKIA[0-9A-Z]{12,}|AIza[\w-]{20,}|hf_\w{16,}|npm_\w{20,}|ntn_\w{16,}|lin_api_\w{16,}|figd_[\w-]{16,}|tvly-[\w-]{12,}|gk_[0-9a-f]{12}_[\w-]+|eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?)/g
const secretName =
  /(?:secret|token|api_?-?key|[_-]key$|^key$|password|passwd|credential|_pat$|cookie)/i
const authorization = /^(?:proxy-)?authorization$/i
const scheme = /^(?:Bearer|Basic|Token|Digest|ApiKey)\s+/i
const plainValue = /^(?:\d{1,12}|true|false|yes|no|on|off|[.~]?[/\\].*|[a-z]+:\/\/[^@]*)$/i
const placeholder = /^<.*>$|^\[.*\]$|your[-_ ]|^x{3,}|\.\.\.|…|change-?me|placeholder|^\*+$/i
const shortest = 6

/** Every literal secret in the values of an entry. */
export function tokensIn(entry: Readonly<Record<string, unknown>>): readonly FoundToken[] {
  const found: FoundToken[] = []
  const look = (path: readonly string[], value: unknown, isNamed: boolean): void => {
    if (typeof value !== 'string') return
    for (const span of spansIn(value, isNamed)) found.push({ ...span, path, text: value })
  }
  for (const place of ['env', 'headers', 'auth']) {
    const map = entry[place]
    for (const [key, value] of Object.entries(isRecord(map) ? map : {})) {
      look([place, key], value, secretName.test(key) || authorization.test(key))
    }
  }
  const args: readonly unknown[] = Array.isArray(entry['args']) ? entry['args'] : []
  for (const [index, value] of args.entries()) {
    const before: unknown = args[index - 1]
    const follows = typeof before === 'string' && /^--?[\w-]+$/.test(before) && isFlag(before)
    look(['args', String(index)], value, follows)
  }
  look(['url'], entry['url'], false)
  look(['oauth2_client_secret'], entry['oauth2_client_secret'], true)
  return found
}

/** Whether a value is one that documentation leaves to be filled in. */
export function isPlaceholder(value: string): boolean {
  return placeholder.test(value.replace(scheme, ''))
}

/** A text without the secrets in it. */
export function maskText(text: string, isNamed = false): string {
  return spansIn(text, isNamed)
    .toReversed()
    .reduce(
      (masked, { start, end }) =>
        masked.slice(0, start) + maskToken(text.slice(start, end)) + masked.slice(end),
      text,
    )
}

/** An entry as it may be shown. */
export function maskEntry(
  entry: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const masked = structuredClone(entry)
  for (const token of tokensIn(entry).toReversed()) {
    replaceAt(masked, token, maskToken(token.text.slice(token.start, token.end)))
  }
  return masked
}

/** The first characters, which tell the kind of a token and no secret. */
export function maskToken(token: string): string {
  return token.length < 16 ? '…' : `${token.slice(0, 4)}…`
}

/** Puts something else in the place of a token; of several in one text, the last goes first. */
export function replaceAt(
  entry: Readonly<Record<string, unknown>>,
  { path: [place = '', key], start, end }: FoundToken,
  replacement: string,
): void {
  const holder = key === undefined ? entry : entry[place]
  const at = key ?? place
  if (typeof holder !== 'object' || holder === null) return
  const current: unknown = Reflect.get(holder, at)
  if (typeof current !== 'string') return
  Reflect.set(holder, at, current.slice(0, start) + replacement + current.slice(end))
}

function spansIn(text: string, isNamed: boolean): readonly Span[] {
  if (isNamed) {
    const start = scheme.exec(text)?.[0].length ?? 0
    const value = text.slice(start)
    const isLiteral = value.length >= shortest && !value.includes('${') && !isPlaceholder(value)
    if (isLiteral && !plainValue.test(value)) return [{ start, end: text.length }]
  }
  const spans = [...text.matchAll(marked)].map(({ index, 0: found }) => ({
    start: index,
    end: index + found.length,
  }))
  for (const match of [...text.matchAll(assignment), ...text.matchAll(userPart)]) {
    const { name = 'key', value = '' } = match.groups ?? {}
    if (!secretName.test(name) || value.includes('${') || isPlaceholder(value)) continue
    const start = match.index + match[0].length - value.length
    if (value.length >= shortest) spans.push({ start, end: start + value.length })
  }
  const sorted = spans.toSorted((a, b) => a.start - b.start)
  return sorted.filter((span, index) => span.start >= (sorted[index - 1]?.end ?? 0))
}

/** `--api-key=VALUE`, `?token=VALUE`, `API_KEY=VALUE`. */
const assignment = /(?:^-{0,2}|[?&])(?<name>[\w-]+)=(?<value>[^&\s]+)/g
const userPart = /:\/\/[^/?#@:]*:(?<value>[^/?#@]+)(?=@)/g

function isFlag(flag: string): boolean {
  return secretName.test(flag.replace(/^-+/, '')) || /^--?(?:auth|pat)$/.test(flag)
}
