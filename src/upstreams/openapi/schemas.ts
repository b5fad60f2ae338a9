import { isRecord } from '../../kit/is-record.ts'
import type { Values } from './parse-document.ts'
import { DocumentProblem } from './problem.ts'
import type { References } from './references.ts'

/** What a schema of one tool may come to; a larger one is told in words only. */
const partLimit = 1000
const depthLimit = 40

/** Keywords whose meaning is the same for clients, and whose values hold no schema. */
const plainKeywords = [
  'type',
  'title',
  'description',
  'enum',
  'const',
  'default',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'multipleOf',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'contentEncoding',
  'contentMediaType',
  'deprecated',
] as const
const innerKeywords = ['items', 'additionalProperties', 'not'] as const
const listKeywords = ['allOf', 'anyOf', 'oneOf', 'prefixItems'] as const
const describingKeywords = ['description', 'title', 'default', 'deprecated'] as const

/** Turns the schemas of one tool's arguments into JSON Schema 2020-12; nothing refers out of it. */
export function createConverter(references: References) {
  const names = new Map<string, string>()
  const definitions = new Map<string, unknown>()
  let parts = 0

  function convert(schema: unknown, at: string, depth = 0): unknown {
    if (typeof schema === 'boolean') return schema
    if (!isRecord(schema)) return {}
    if (++parts > partLimit || depth > depthLimit) throw new SchemaTooLarge(at)
    if (schema['$ref'] !== undefined) return referring(schema, at, depth)
    return nullable(schema, converted(schema, at, depth))
  }

  function converted(schema: Values, at: string, depth: number): Record<string, unknown> {
    const inside = (inner: unknown, key: string) => convert(inner, `${at}.${key}`, depth + 1)
    const result: Record<string, unknown> = {}
    for (const key of plainKeywords) if (schema[key] !== undefined) result[key] = schema[key]
    Object.assign(result, bounds(schema))
    for (const key of innerKeywords)
      if (schema[key] !== undefined) result[key] = inside(schema[key], key)
    for (const key of listKeywords) {
      const list = schema[key]
      if (Array.isArray(list)) result[key] = list.map((one, index) => inside(one, `${key}${index}`))
    }
    return Object.assign(result, properties(schema, inside))
  }

  function referring(schema: Values, at: string, depth: number): Values {
    const target = references.follow(schema, at)
    const known = names.get(target.at)
    const name = known ?? nameFor(target.at, definitions)
    if (known === undefined) {
      names.set(target.at, name)
      // Its place is taken before it is read: it may refer to itself.
      definitions.set(name, {})
      definitions.set(name, convert(target.value, target.at, depth + 1))
    }
    const words = describingKeywords.filter((key) => schema[key] !== undefined)
    return {
      $ref: `#/$defs/${name}`,
      ...Object.fromEntries(words.map((key) => [key, schema[key]])),
    }
  }

  return {
    convert: (schema: unknown, at: string): unknown => convert(schema, at),
    definitions,
  }
}

type Inside = (inner: unknown, key: string) => unknown

/** What only answers have is nothing to send. */
function properties({ properties: written, required }: Values, inside: Inside): Values {
  const all = isRecord(written) ? Object.entries(written) : []
  const kept = all.filter(([, inner]) => !isRecord(inner) || inner['readOnly'] !== true)
  const dropped = new Set(all.filter((one) => !kept.includes(one)).map(([key]) => key))
  const wanted = Array.isArray(required) ? required.filter((key) => !dropped.has(key)) : []
  return {
    ...(isRecord(written) && {
      properties: Object.fromEntries(kept.map(([key, inner]) => [key, inside(inner, key)])),
    }),
    ...(wanted.length > 0 && { required: wanted }),
  }
}

function nameFor(at: string, taken: ReadonlyMap<string, unknown>): string {
  const last = at.split('/').at(-1) ?? ''
  const plain = last.replaceAll(/[^A-Za-z0-9_.-]+/g, '_') || 'schema'
  let name = plain
  for (let count = 2; taken.has(name); count++) name = `${plain}_${count}`
  return name
}

/** The schema is fine, and too much to show to a model. */
export class SchemaTooLarge extends DocumentProblem {
  constructor(at: string) {
    super(`${at}: its schema is too large to be shown`)
  }
}

/** OpenAPI 3.0 says `nullable` where JSON Schema has a type for it. */
function nullable(schema: Values, result: Record<string, unknown>): unknown {
  if (schema['nullable'] !== true) return result
  const { type } = result
  if (typeof type !== 'string') return { anyOf: [result, { type: 'null' }] }
  const values = Array.isArray(result['enum']) && { enum: [...new Set([...result['enum'], null])] }
  return { ...result, type: [type, 'null'], ...values }
}

/** OpenAPI 3.0 says with true that the other bound is not reached. */
function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Values): Values {
  return {
    ...(exclusiveMinimum === true && { minimum: undefined, exclusiveMinimum: minimum }),
    ...(exclusiveMaximum === true && { maximum: undefined, exclusiveMaximum: maximum }),
    ...(exclusiveMinimum === false && { exclusiveMinimum: undefined }),
    ...(exclusiveMaximum === false && { exclusiveMaximum: undefined }),
  }
}
