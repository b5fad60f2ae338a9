import type { Facts } from '../../core/observe/log.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Clean } from './log-mask.ts'
import { masked } from './log-mask.ts'

/** Names whose values are never written, whatever they are. */
const secretName = /authorization|cookie|token|secret|passw(?:or)?d|api[-_]?key|credential/i
const deepest = 4
const mostEntries = 50
/** What every line says first; a fact of that name would take its place. */
const ownNames = new Set(['time', 'level', 'event'])

/** Facts as they may be written: plain data, secrets masked, foreign text harmless, all of it bounded. */
export function cleanFacts(facts: Facts, clean: Clean): Facts {
  return cleanEntries(facts, clean, 0, (name) => (ownNames.has(name) ? `${name}_` : name))
}

function cleanEntries(
  facts: object,
  clean: Clean,
  depth: number,
  rename: (name: string) => string = (name) => name,
): Facts {
  const entries: [string, unknown][] = []
  for (const [name, value] of Object.entries(facts).slice(0, mostEntries)) {
    const shown = isHidden(name, value) ? masked : cleanValue(value, clean, depth)
    if (shown !== undefined) entries.push([rename(clean(name)), shown])
  }
  return Object.fromEntries(entries)
}

/** A count of tokens is no secret; a text or a group of them may be. */
function isHidden(name: string, value: unknown): boolean {
  const canTell = typeof value === 'string' || (typeof value === 'object' && value !== null)
  return canTell && secretName.test(name)
}

function cleanValue(value: unknown, clean: Clean, depth: number): unknown {
  if (typeof value === 'string') return clean(value)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return String(value)
  return typeof value === 'object' ? cleanObject(value, clean, depth) : undefined
}

function cleanObject(value: object, clean: Clean, depth: number): unknown {
  if (value instanceof Error) return cleanError(value, clean, depth)
  if (value instanceof Date) return clean(String(value))
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
  if (depth >= deepest) return '(deeper)'
  if (Array.isArray(value)) {
    return value.slice(0, mostEntries).map((item) => cleanValue(item, clean, depth + 1) ?? null)
  }
  return cleanEntries(value, clean, depth + 1)
}

function cleanError(error: Error, clean: Clean, depth: number): Facts {
  const { name, message, stack, cause } = error
  const code = 'code' in error ? error.code : undefined
  return {
    name: clean(name),
    message: clean(message),
    ...(typeof code === 'string' && { code: clean(code) }),
    // Where a foreseen failure was noticed tells nobody anything.
    ...(!(error instanceof GatewayError) && stack !== undefined && { at: clean(placesIn(stack)) }),
    ...(cause !== undefined && depth < deepest && { cause: cleanValue(cause, clean, depth + 1) }),
  }
}

function placesIn(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .map((line) => line.slice('    at '.length))
    .join(' < ')
}
