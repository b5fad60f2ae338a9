import type { Unusable } from '../contract/check-value.ts'
import { isRecord } from '../kit/is-record.ts'

export interface AdmittedSchema {
  readonly kind: 'admitted'
  readonly text: string
}

const limits = { bytes: 65_536, subschemas: 500, depth: 20 } as const

/** Keywords that hold one schema or a list of them, and those that hold one under each name. */
const holdSchemas = new Set(
  `additionalItems additionalProperties allOf anyOf contains contentSchema else if items not oneOf
  prefixItems propertyNames then unevaluatedItems unevaluatedProperties`.split(/\s+/),
)
const holdNamed = new Set(
  '$defs definitions dependencies dependentSchemas patternProperties properties'.split(' '),
)
const references = ['$ref', '$dynamicRef', '$recursiveRef']

/** A schema as text, if its size lets it be looked at and it needs nothing but itself. */
export function admitSchema(schema: unknown): AdmittedSchema | Unusable {
  if (!isRecord(schema) && typeof schema !== 'boolean') {
    return unusable('schema_invalid', 'A schema is an object, true or false')
  }
  const text = jsonText(schema)
  if (text === undefined) return tooComplex('it is nested too deeply')
  if (Buffer.byteLength(text) > limits.bytes) {
    return tooComplex(`it has more than ${limits.bytes} bytes`)
  }
  return problemOf(schema) ?? { kind: 'admitted', text }
}

/** Undefined when it is nested more deeply than can be written. */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

export function tooComplex(why: string): Unusable {
  return unusable('schema_too_complex', `The schema is too complex: ${why}`)
}

export function unusable(reason: Unusable['reason'], message: string): Unusable {
  return { kind: 'unusable', reason, message }
}

function problemOf(schema: unknown): Unusable | undefined {
  const found: { readonly schema: unknown; readonly depth: number }[] = [{ schema, depth: 1 }]
  for (const { schema: one, depth } of found) {
    if (!isRecord(one)) continue
    const far = references.map((key) => one[key]).find(isElsewhere)
    if (far !== undefined) {
      return unusable('schema_invalid', `${shown(far)} is not in the schema itself`)
    }
    const below = subschemasOf(one)
    if (below.length > 0 && depth >= limits.depth) {
      return tooComplex(`more than ${limits.depth} schemas lie within each other`)
    }
    found.push(...below.map((inner) => ({ schema: inner, depth: depth + 1 })))
    if (found.length > limits.subschemas) {
      return tooComplex(`it consists of more than ${limits.subschemas} schemas`)
    }
  }
  return undefined
}

const isElsewhere = (reference: unknown) =>
  reference !== undefined && !shown(reference).startsWith('"#')

const shown = (value: unknown) => (JSON.stringify(value) ?? '').slice(0, 100)

function subschemasOf(schema: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Object.entries(schema)
    .flatMap(([keyword, value]) => {
      if (holdNamed.has(keyword)) return isRecord(value) ? Object.values(value) : []
      return holdSchemas.has(keyword) ? [value].flat() : []
    })
    .filter((one) => isRecord(one) || typeof one === 'boolean')
}
