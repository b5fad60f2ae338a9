/** Where a value stands: the keys and positions that lead to it from the top of the file. */
export type KeyPath = readonly (string | number)[]

/** Something the person who wrote the file has to change, or ought to know. */
export interface Problem {
  readonly path: KeyPath
  /** The whole sentence: the key path, the value when it may be shown, and what to do. */
  readonly problem: string
  /** Whether the key itself is meant, not its value. */
  readonly onKey?: boolean
  /** Whether something outside the file is missing; the file itself may be right. */
  readonly isOutside?: boolean
}

const secretKey = /secret|token|key|password|passwd|credential|authorization|cookie/i
const secretPlaces = new Set(['env', 'headers', 'args'])

/** Whether the value at `path` may be a secret, so that it must not be shown. */
export function isSecret(path: KeyPath): boolean {
  const [part] = path
  // Names that people gave to servers and tools tell nothing about what is in them.
  const isProvider = part === 'chat' && path[1] === 'providers'
  const named = part === 'servers' ? 2 : isProvider ? 3 : 1
  if (part === 'servers' && path[named] === 'tools') return false
  if (part === 'limits' || (part === 'chat' && path[1] === 'budgets')) return false
  if (part === 'servers' && path[named] === 'auth') return !authWords.has(path[named + 1])
  return path
    .slice(named)
    .some((key) => typeof key === 'string' && (secretPlaces.has(key) || secretKey.test(key)))
}

/** What says how and where to sign in, and not with what. */
const authWords: ReadonlySet<unknown> = new Set([
  'type',
  'in',
  'name',
  'tokenUrl',
  'clientId',
  'scopes',
  'clientAuth',
  'audience',
  'resource',
  'allowPrivate',
])

/** `servers.docs.args[0]`: the way a person would point at it. */
export function printPath(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const written = /^[\w$-]+$/.test(key) ? key : JSON.stringify(key)
    return text === '' ? written : `${text}.${written}`
  }, '')
}

/** A short rendering of a value for an error message. */
export function printValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'string') {
    const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value
    return JSON.stringify(withoutQuery(shown))
  }
  return String(value)
}

/** A URL's user part and its query can hold a secret. */
function withoutQuery(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1…@')
    .replace(/^([a-z][a-z0-9+.-]*:[^?#]*)\?.*$/is, '$1?…')
}
