import { isRecord } from '../../kit/is-record.ts'
import { nearest } from '../../kit/nearest.ts'
import { ignoredKeys, laterKeys, laterTransports, renamedKeys, transports } from './foreign.ts'
import { isKnownAuth, noteBothAuths, withAuth } from './normalise-auth.ts'
import type { Notes, SourceText } from './notes.ts'
import { printPath, printValue } from './problem.ts'
import type { KeyPath } from './problem.ts'

interface Entry {
  readonly name: string
  /** Where the entry stands in the file as written. */
  readonly path: KeyPath
  readonly notes: Notes
  readonly sourceText: SourceText
}

interface EntryOfKind extends Entry {
  /** Whether it is a service described by OpenAPI. */
  readonly isService: boolean
  readonly isProgram: boolean
}

type Values = Readonly<Record<string, unknown>>

/** One server entry in the native shape, or nothing when a problem makes the rest meaningless. */
export function normaliseServer(written: Values, given: Entry): Values | undefined {
  const isService = Object.hasOwn(written, 'openapi')
  const entry = { ...given, isService, isProgram: Object.hasOwn(written, 'command') }
  const native: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(withAuth(written, entry))) {
    const converted = convert(key, value, entry)
    if (!converted) continue
    if (Object.hasOwn(native, converted.key)) {
      const path = printPath([...entry.path, key])
      entry.notes.problem(
        [...entry.path, key],
        `${path} says again what ${converted.key} is: keep one`,
      )
      continue
    }
    native[converted.key] = converted.value
    if (converted.key !== key) {
      entry.notes.moved(['servers', entry.name, converted.key], [...entry.path, key])
    }
  }
  noteBothAuths(native, entry)
  return withTransport(native, entry)
}

interface Converted {
  readonly key: string
  readonly value: unknown
}

function convert(key: string, value: unknown, entry: EntryOfKind): Converted | undefined {
  const path = [...entry.path, key]
  if (key === 'x-import') return undefined
  if (key === 'auth' && !entry.isProgram)
    return isKnownAuth(value, path, entry) ? { key, value } : undefined
  // As a list it is another program's choice of tools; as an object it is ours.
  const ignored = key === 'tools' && !Array.isArray(value) ? undefined : ignoredKeys.get(key)
  if (ignored !== undefined || key.startsWith('x-')) {
    const reason = ignored ?? 'keys that begin with "x-" are for other programs'
    entry.notes.warning(path, `${printPath(path)} is kept out: ${reason}`)
    return undefined
  }
  if (laterKeys.has(key)) {
    entry.notes.problem(
      path,
      `${printPath(path)} is not supported by this version: remove it${laterRemedy(key)}`,
    )
    return undefined
  }
  switch (key) {
    case 'type':
    case 'transport':
      return { key: 'transport', value }
    case 'disabled':
      return disabled(value, path, entry)
    case 'timeout':
      return seconds(value, path, entry)
    case 'headers':
      return { key, value: headerList(value, path, entry) }
    case 'args':
      return {
        key,
        value: Array.isArray(value)
          ? value.map((item, index) => asText(item, [...path, index], entry))
          : value,
      }
    case 'env':
      return { key, value: isRecord(value) ? environment(value, path, entry) : value }
    default:
      return { key: renamedKeys.get(key) ?? key, value }
  }
}

function laterRemedy(key: string): string {
  if (key === 'envFile') return ' and list the variables in "env", for example with ${env:NAME}'
  if (key === 'auth') return ': a program gets what it needs in "env"'
  return ', or sign in with "auth": { "type": "bearer", "token": "${env:TOKEN}" }'
}

function disabled(value: unknown, path: KeyPath, { notes }: Entry): Converted | undefined {
  if (typeof value === 'boolean') return { key: 'enabled', value: !value }
  notes.problem(path, `${printPath(path)} is ${printValue(value)}: write true or false`)
  return undefined
}

/** The older key counts in seconds; other programs use the same key for milliseconds. */
function seconds(value: unknown, path: KeyPath, { notes }: Entry): Converted | undefined {
  const place = printPath(path)
  if (typeof value !== 'number' || !(value > 0)) {
    notes.problem(
      path,
      `${place} is ${printValue(value)}: write "timeoutMs" and a number of milliseconds`,
    )
    return undefined
  }
  if (value >= 1000) {
    notes.problem(
      path,
      `${place} is ${value}, which would be read as seconds: write "timeoutMs": ${value} if milliseconds are meant, else "timeoutMs": ${value * 1000}`,
    )
    return undefined
  }
  notes.warning(
    path,
    `${place} is read as ${value} seconds: write "timeoutMs": ${value * 1000} to be clear`,
  )
  return { key: 'timeoutMs', value: Math.max(1, Math.round(value * 1000)) }
}

/** `[{ "key": "X-Team", "value": "a" }]` is the older form of an object of headers. */
function headerList(value: unknown, path: KeyPath, { name, notes }: Entry): unknown {
  if (!Array.isArray(value)) return value
  const headers: Record<string, unknown> = {}
  for (const [index, item] of value.entries()) {
    const place = [...path, index]
    if (!isRecord(item) || typeof item['key'] !== 'string') {
      notes.problem(
        place,
        `${printPath(place)} is not a header: write { "key": "X-Team", "value": "a" }`,
      )
    } else if (Object.hasOwn(headers, item['key'])) {
      notes.problem(place, `${printPath(place)} gives the header ${item['key']} again: keep one`)
    } else if (item['key'] !== '__proto__') {
      headers[item['key']] = item['value']
      notes.moved(['servers', name, 'headers', item['key']], [...place, 'value'])
    }
  }
  return headers
}

/** Numbers and booleans become the text they were written as, so that no digit is lost. */
function asText(value: unknown, path: KeyPath, { sourceText }: Entry): unknown {
  return typeof value === 'number' || typeof value === 'boolean'
    ? (sourceText(path) ?? String(value))
    : value
}

function environment(values: Values, path: KeyPath, entry: Entry): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, asText(value, [...path, name], entry)]),
  )
}

function withTransport(native: Values, entry: Entry): Values | undefined {
  const { path, notes } = entry
  const place = printPath(path)
  const named = kinds.filter(({ key }) => Object.hasOwn(native, key))
  const [kind, another] = named
  if (another) {
    const both = named.map(({ key }) => `"${key}"`).join(' and ')
    notes.problem(path, `${place} has both ${both}: keep ${meanings}`)
    return undefined
  }
  if (!kind) {
    notesNone(native, entry)
    return undefined
  }
  const url = native['url']
  if (typeof url === 'string' && /^wss?:/i.test(url)) return later('ws', path, notes)
  if (!Object.hasOwn(native, 'transport')) return { ...native, transport: kind.transport }
  const given = native['transport']
  if (laterTransports.has(given)) return later(String(given), path, notes)
  // An unknown word is left for the check, which shows it with what may be written.
  return { ...native, transport: transports.get(given) ?? given }
}

const kinds = [
  { key: 'command', transport: 'stdio' },
  { key: 'url', transport: 'http' },
  { key: 'openapi', transport: 'openapi' },
] as const

const meanings =
  '"command" for a program on this machine, "url" for a server on the network or "openapi" for a service that an OpenAPI document describes'

function notesNone(native: Values, { path, notes }: Entry): void {
  const keys = kinds.map(({ key }) => key)
  const slip = Object.keys(native).find((key) => nearest(key, keys))
  const problem = `${printPath(path)} has neither "command" nor "url"`
  const meant = slip === undefined ? undefined : nearest(slip, keys)
  if (slip === undefined) notes.problem(path, `${problem}: add ${meanings}`)
  else notes.problem([...path, slip], `${problem}: did you mean "${meant}" by "${slip}"?`)
}

function later(transport: string, path: KeyPath, notes: Notes): undefined {
  notes.problem(
    path,
    `${printPath(path)} uses the transport "${transport}", which is not supported by this version: give the server's Streamable HTTP address as "url", or remove the server`,
  )
}
