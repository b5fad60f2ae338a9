import type { JsonType, Shape } from './shape.ts'

type Printed = Readonly<Record<string, unknown>>

/** How a property is called where this is printed. */
export type NameKey = (key: string) => string

/** A shape as JSON Schema 2020-12 without references: what OpenAI, Anthropic and OpenAPI 3.1 read. */
export function printJsonSchema(shape: Shape, nameKey: NameKey): Printed {
  const { description, default: standard, choices, isNullable } = shape
  const words = {
    ...(description !== undefined && { description }),
    ...(standard !== undefined && { default: standard }),
  }
  if (choices.length === 0) return { ...printPlain(shape, nameKey), ...words }
  const printed = choices.map((choice) => printJsonSchema(choice, nameKey))
  return { anyOf: isNullable ? [...printed, { type: 'null' }] : printed, ...words }
}

function printPlain(shape: Shape, nameKey: NameKey): Printed {
  const { types, values, isNullable, text, bounds } = shape
  const allows = (type: JsonType) => types.includes(type)
  return {
    ...printTypes(types, isNullable),
    ...(values && { enum: isNullable ? [...values, null] : values }),
    ...(allows('string') && text),
    ...((allows('number') || allows('integer')) && bounds),
    ...(allows('array') && printList(shape, nameKey)),
    ...(allows('object') && printObject(shape, nameKey)),
  }
}

function printTypes(types: readonly JsonType[], isNullable: boolean): Printed {
  const [only, ...others] = types
  if (only === undefined) return {}
  if (others.length === 0 && !isNullable) return { type: only }
  return { type: isNullable ? [...types, 'null'] : types }
}

/** OpenAI wants `items` in every list. */
function printList({ list }: Shape, nameKey: NameKey): Printed {
  const { items, ...rules } = list
  return { items: items ? printJsonSchema(items, nameKey) : {}, ...rules }
}

function printObject(shape: Shape, nameKey: NameKey): Printed {
  const { properties, required, further } = shape
  const printed = [...properties].map(([key, inner]) => [
    nameKey(key),
    printJsonSchema(inner, nameKey),
  ])
  const known = required.filter((key) => properties.has(key)).map(nameKey)
  return {
    ...(properties.size > 0 && { properties: Object.fromEntries(printed) }),
    ...(known.length > 0 && { required: known }),
    ...(further === false && { additionalProperties: false }),
    ...(typeof further !== 'boolean' && {
      additionalProperties: printJsonSchema(further, nameKey),
    }),
  }
}
