import { isRecord } from '../../kit/is-record.ts'
import { serviceAuthTypes, signInTypes } from './foreign.ts'
import type { Notes } from './notes.ts'
import { printPath, printValue } from './problem.ts'
import type { KeyPath } from './problem.ts'

type Values = Readonly<Record<string, unknown>>

interface Entry {
  readonly name: string
  /** Where the entry stands in the file as written. */
  readonly path: KeyPath
  readonly notes: Notes
}

const olderKeys: ReadonlyMap<string, string> = new Map([
  ['oauth2_token_url', 'tokenUrl'],
  ['oauth2_client_id', 'clientId'],
  ['oauth2_client_secret', 'clientSecret'],
  ['oauth2_scopes', 'scopes'],
])
/** What nobody can do without; scopes alone ask for no sign-in. */
const neededKeys = ['oauth2_token_url', 'oauth2_client_id', 'oauth2_client_secret'] as const

/** Whether an entry may have this key to say how it is signed in to. */
export function isSignInKey(key: string): boolean {
  return key === 'auth' || olderKeys.has(key)
}

/** The entry with `auth` in place of the older keys that say the same; those that are null say nothing. */
export function withAuth(written: Values, { name, path, notes }: Entry): Values {
  const rest = Object.fromEntries(Object.entries(written).filter(([key]) => !olderKeys.has(key)))
  const first = neededKeys.find((key) => isSaid(written, key))
  if (first === undefined) return rest
  if (Object.hasOwn(written, 'auth')) {
    const place = printPath([...path, first])
    notes.problem([...path, first], `${place} says again what auth is: keep one`)
    return rest
  }
  const missing = neededKeys.find((key) => !isSaid(written, key))
  if (missing !== undefined) {
    const place = printPath([...path, missing])
    notes.problem([...path, first], `${place} is missing: it goes together with ${first}`)
    return rest
  }
  const said = [...olderKeys].filter(([older]) => isSaid(written, older))
  for (const [older, key] of said) notes.moved(['servers', name, 'auth', key], [...path, older])
  const values = said.map(([older, key]) => [key, asNative(key, written[older])])
  return { ...rest, auth: { type: 'oauth', ...Object.fromEntries(values) } }
}

function isSaid(written: Values, key: string): boolean {
  return written[key] !== undefined && written[key] !== null
}

function asNative(key: string, value: unknown): unknown {
  if (key !== 'scopes' || typeof value !== 'string') return value
  return value.split(/\s+/).filter((word) => word !== '')
}

/** An entry as it is written down, with `auth` for the older keys; what cannot be told so is left for the check. */
export function withNativeAuth(entry: Values): Values {
  const isPlain =
    !Object.hasOwn(entry, 'auth') &&
    (neededKeys.every((key) => isSaid(entry, key)) || !neededKeys.some((key) => isSaid(entry, key)))
  return isPlain ? withAuth(entry, { name: '', path: [], notes: silent }) : entry
}

const silent: Notes = { problem() {}, warning() {}, moved() {} }

/** Whether `auth` is of a kind that there is here; an unknown word is a problem, any other shape is left for the check. */
export function isKnownAuth(
  value: unknown,
  path: KeyPath,
  { notes, isService }: { readonly notes: Notes; readonly isService: boolean },
): boolean {
  const type = isRecord(value) ? value['type'] : undefined
  const known = isService ? serviceAuthTypes : signInTypes
  if (typeof type !== 'string' || known.has(type)) return true
  const place = [...path, 'type']
  const words = Array.from(known, printValue)
  notes.problem(
    place,
    `${printPath(place)} is ${printValue(type)}, which is not supported by this version: write ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
  )
  return false
}

/** What is sent as `Authorization` is said once. */
export function noteBothAuths({ auth, headers }: Values, { path, notes }: Entry): void {
  if (!isRecord(auth) || auth['type'] === 'apiKey' || !isRecord(headers)) return
  const key = Object.keys(headers).find((name) => name.toLowerCase() === 'authorization')
  if (key === undefined) return
  const place = printPath([...path, 'headers', key])
  notes.problem([...path, 'headers', key], `${place} says again what auth is: keep one`)
}
