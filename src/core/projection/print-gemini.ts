import { typeOf } from './read-keywords.ts'
import type { NameKey } from './print-json-schema.ts'
import type { JsonType, Shape } from './shape.ts'
import { anything, jsonTypes } from './shape.ts'

type Printed = Readonly<Record<string, unknown>>

/** The formats that are known there, by type. */
const formats: Readonly<Partial<Record<JsonType, readonly string[]>>> = {
  string: ['date-time'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
}

/**
 * A shape in the subset of OpenAPI 3.0 that Gemini's `parameters` take: one type each, no null among the types, values
 * that are strings only. What cannot be said there is said in words.
 */
export function printGemini(shape: Shape, nameKey: NameKey): Printed {
  const options = optionsOf(shape)
  const nullable = shape.isNullable && { nullable: true }
  const [only, ...others] = options
  if (only && others.length === 0) return { ...printOne(only, nameKey), ...nullable }
  return {
    ...printWords([shape.description]),
    anyOf: options.map((option) => printOne(option, nameKey)),
    ...nullable,
  }
}

/** One shape for each type there may be. */
function optionsOf(shape: Shape): readonly Shape[] {
  if (shape.choices.length > 0) return shape.choices.flatMap(optionsOf)
  if (shape.types.length === 1) return [shape]
  const types =
    shape.types.length > 0 ? shape.types : jsonTypes.filter((type) => type !== 'integer')
  return types.map((type) => {
    const values = shape.values?.filter((value) => isOf(type, value))
    return { ...shape, types: [type], values, description: undefined }
  })
}

function isOf(type: JsonType, value: unknown): boolean {
  const own = typeOf(value)
  return own === type || (own === 'integer' && type === 'number')
}

function printOne(shape: Shape, nameKey: NameKey): Printed {
  const [type = 'string'] = shape.types
  const format = formats[type]?.find((known) => known === shape.text.format)
  const values = textValues(shape)
  return {
    type,
    ...(format !== undefined && { format }),
    ...printWords([shape.description, ...hints(shape, { format, values })]),
    ...(values && { enum: values }),
    ...((type === 'number' || type === 'integer') && range(shape)),
    ...(type === 'array' && { items: printGemini(shape.list.items ?? anyText, nameKey) }),
    ...(type === 'object' && printObject(shape, nameKey)),
  }
}

const anyText: Shape = { ...anything, types: ['string'] }

/** Only texts, and none that is empty. */
function textValues({ types, values }: Shape): readonly string[] | undefined {
  if (types[0] !== 'string' || !values) return undefined
  const texts = values.filter((value) => typeof value === 'string' && value !== '')
  return texts.length === values.length ? texts.map(String) : undefined
}

function range({ bounds: { minimum, maximum } }: Shape): Printed {
  return { ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) }
}

function printObject({ properties, required }: Shape, nameKey: NameKey): Printed {
  const printed = [...properties].map(([key, inner]) => [nameKey(key), printGemini(inner, nameKey)])
  const known = required.filter((key) => properties.has(key)).map(nameKey)
  return {
    ...(properties.size > 0 && { properties: Object.fromEntries(printed) }),
    ...(known.length > 0 && { required: known }),
  }
}

interface Said {
  readonly format: string | undefined
  readonly values: readonly string[] | undefined
}

const longestHint = 400

/** What the model should know and the schema cannot say. */
function hints(shape: Shape, said: Said): readonly string[] {
  const { text, values, default: standard } = shape
  return [
    ...(values && !said.values
      ? [`One of: ${values.map((one) => JSON.stringify(one)).join(', ')}.`]
      : []),
    ...(text.format !== undefined && said.format === undefined ? [`Format: ${text.format}.`] : []),
    ...(text.pattern === undefined ? [] : [`Pattern: ${text.pattern}`]),
    ...(standard === undefined ? [] : [`Default: ${JSON.stringify(standard)}.`]),
  ].filter((hint) => hint.length <= longestHint)
}

function printWords(words: readonly (string | undefined)[]): Printed {
  const said = words.filter((word) => word !== undefined)
  return said.length > 0 ? { description: said.join(' ') } : {}
}
