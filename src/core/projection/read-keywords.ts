import { isRecord } from '../../kit/is-record.ts'
import type { Bounds, JsonType, ListRules, Shape, TextRules } from './shape.ts'
import { anything, jsonTypes } from './shape.ts'

type Schema = Readonly<Record<string, unknown>>

/** What a schema says without looking into the schemas inside it. */
export function readKeywords(schema: Schema): Shape {
  const written = valuesIn(schema)
  const types = typesIn(schema) ?? typesOf(written)
  const values = written?.filter((value) => value !== null && fits(value, types))
  const isNullable = saysNull(schema) || (written?.includes(null) ?? false)
  const description = schema['description']
  return {
    ...anything,
    types,
    isNullable,
    description: typeof description === 'string' && description !== '' ? description : undefined,
    default: schema['default'],
    values: values && values.length > 0 ? values : undefined,
    text: textIn(schema),
    bounds: boundsIn(schema),
    list: listIn(schema),
    required: listOf(schema['required']).filter((key) => typeof key === 'string'),
  }
}

/** The types that are said, or that follow from what is said of them. */
function typesIn(schema: Schema): readonly JsonType[] | undefined {
  const said = [schema['type']].flat()
  const types = jsonTypes.filter((type) => said.includes(type))
  if (types.length > 0) return withoutRepeat(types)
  if (isRecord(schema['properties'])) return ['object']
  if (isRecord(schema['items']) || Array.isArray(schema['prefixItems'])) return ['array']
  return undefined
}

/** Every integer is a number. */
function withoutRepeat(types: readonly JsonType[]): readonly JsonType[] {
  return types.includes('number') ? types.filter((type) => type !== 'integer') : types
}

function saysNull(schema: Schema): boolean {
  return [schema['type']].flat().includes('null') || schema['nullable'] === true
}

function valuesIn(schema: Schema): readonly unknown[] | undefined {
  if (Object.hasOwn(schema, 'const')) return [schema['const']]
  const values = schema['enum']
  return Array.isArray(values) && values.length > 0 ? values : undefined
}

function typesOf(values: readonly unknown[] | undefined): readonly JsonType[] {
  const types = new Set(values?.map(typeOf))
  return withoutRepeat(jsonTypes.filter((type) => types.has(type)))
}

export function typeOf(value: unknown): JsonType | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') {
    return typeof value === 'string' ? 'string' : 'boolean'
  }
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (Array.isArray(value)) return 'array'
  return isRecord(value) ? 'object' : undefined
}

/** Whether a value is of one of the types; without any type every value fits. */
export function fits(value: unknown, types: readonly JsonType[]): boolean {
  const type = typeOf(value)
  if (type === undefined) return value === null
  return (
    types.length === 0 || types.includes(type) || (type === 'integer' && types.includes('number'))
  )
}

function textIn(schema: Schema): TextRules {
  const { format, pattern } = schema
  return {
    ...(typeof format === 'string' && format !== '' && { format }),
    ...(typeof pattern === 'string' && isPattern(pattern) && { pattern }),
    ...counts(schema, ['minLength', 'maxLength']),
  }
}

/** Older drafts say `exclusiveMinimum: true` beside `minimum`. */
function boundsIn(schema: Schema): Bounds {
  const says = numbers(schema, [
    'minimum',
    'maximum',
    'exclusiveMinimum',
    'exclusiveMaximum',
    'multipleOf',
  ])
  const { multipleOf, ...bounds } = says
  return { ...bounds, ...(multipleOf !== undefined && multipleOf > 0 && { multipleOf }) }
}

function listIn(schema: Schema): ListRules {
  return {
    ...counts(schema, ['minItems', 'maxItems']),
    ...(schema['uniqueItems'] === true && { uniqueItems: true as const }),
  }
}

function numbers<Key extends string>(
  schema: Schema,
  keys: readonly Key[],
): Partial<Record<Key, number>> {
  const found: Partial<Record<Key, number>> = {}
  for (const key of keys) {
    const value = schema[key]
    if (typeof value === 'number' && Number.isFinite(value)) found[key] = value
  }
  return found
}

function counts<Key extends string>(
  schema: Schema,
  keys: readonly Key[],
): Partial<Record<Key, number>> {
  const found = numbers(schema, keys)
  for (const key of keys) if (!isCount(found[key])) delete found[key]
  return found
}

function isCount(value: number | undefined): boolean {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0
}

function isPattern(text: string): boolean {
  try {
    return RegExp(text, 'u').unicode
  } catch {
    // Patterns of other languages are no reason to refuse a tool.
    return false
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
