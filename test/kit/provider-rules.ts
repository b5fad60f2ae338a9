import { isRecord } from '../../src/kit/is-record.ts'

type Schema = Readonly<Record<string, unknown>>

const toolName = /^[a-zA-Z0-9_-]{1,64}$/
const keyName = /^[a-zA-Z0-9_.-]{1,64}$/
const types = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']

/** What OpenAI would refuse a list of function definitions for. */
export function openaiProblems(tools: readonly unknown[]): readonly string[] {
  return tools.flatMap((tool, index) => {
    const { type, function: own } = record(tool)
    const { name, description, parameters } = record(own)
    return [
      ...(type === 'function' ? [] : [`tools[${index}] is no function`]),
      ...nameProblems(name),
      ...(typeof description === 'string' && description.length > 1024 ? ['long description'] : []),
      ...rootProblems(parameters),
      ...(isRecord(record(parameters)['properties']) ? [] : ['object schema missing properties']),
      ...standardProblems(parameters),
    ].map((problem) => `${String(name)}: ${problem}`)
  })
}

/** What Anthropic would refuse a list of tools for. */
export function anthropicProblems(tools: readonly unknown[]): readonly string[] {
  return tools.flatMap((tool) => {
    const { name, input_schema: schema } = record(tool)
    const problems = [...nameProblems(name), ...rootProblems(schema), ...standardProblems(schema)]
    return problems.map((problem) => `${String(name)}: ${problem}`)
  })
}

/** What Gemini would refuse a list of function declarations for. */
export function geminiProblems(tools: readonly unknown[]): readonly string[] {
  return tools.flatMap((tool) => {
    const { name, parameters, ...rest } = record(tool)
    const others = Object.keys(rest).filter((key) => key !== 'description')
    const problems = [
      ...nameProblems(name),
      ...(/^[a-zA-Z_]/.test(String(name)) ? [] : ['the name begins with something else']),
      ...others.map((key) => `unknown name "${key}"`),
      ...(parameters === undefined ? [] : geminiSchemaProblems(parameters)),
      ...(isRecord(parameters) && parameters['type'] !== 'object' ? ['no object'] : []),
    ]
    return problems.map((problem) => `${String(name)}: ${problem}`)
  })
}

function nameProblems(name: unknown): readonly string[] {
  return toolName.test(String(name)) ? [] : [`the name "${String(name)}" does not match`]
}

function rootProblems(schema: unknown): readonly string[] {
  const banned = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'].filter((key) => key in record(schema))
  return [
    ...(record(schema)['type'] === 'object' ? [] : ['the schema is not of type object']),
    ...banned.map((key) => `"${key}" at the top level`),
  ]
}

/** What makes a schema none of draft 2020-12, or one that is refused all the same. */
function standardProblems(schema: unknown): readonly string[] {
  if (!isRecord(schema)) return [`${JSON.stringify(schema)} is no schema`]
  const { type, items, properties, required, anyOf } = schema
  const said = [type].flat().filter((one) => one !== undefined)
  return [
    ...Object.keys(schema)
      .filter((key) => !standardKeys.has(key))
      .map((key) => `keyword "${key}"`),
    ...said
      .filter((one) => !types.some((known) => known === one))
      .map((one) => `type ${JSON.stringify(one)}`),
    ...(said.includes('array') && !isRecord(items) ? ['array schema missing items'] : []),
    ...numberProblems(schema),
    ...enumProblems(schema, said),
    ...requiredProblems(required, properties),
    ...Object.entries(record(properties)).flatMap(([key, inner]) => [
      ...(keyName.test(key) ? [] : [`property key "${key}"`]),
      ...standardProblems(inner),
    ]),
    ...(isRecord(items) ? standardProblems(items) : []),
    ...(anyOf === undefined ? [] : listOf(anyOf).flatMap(standardProblems)),
    ...(isRecord(schema['additionalProperties'])
      ? standardProblems(schema['additionalProperties'])
      : []),
  ]
}

const standardKeys = new Set(
  `type description default enum format pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum
  multipleOf items minItems maxItems uniqueItems properties required additionalProperties anyOf`.split(
    /\s+/,
  ),
)

function numberProblems(schema: Schema): readonly string[] {
  const numeric = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']
  return numeric.flatMap((key) =>
    key in schema && !Number.isFinite(schema[key]) ? [`${key} is no number`] : [],
  )
}

function enumProblems(schema: Schema, said: readonly unknown[]): readonly string[] {
  const values = schema['enum']
  if (values === undefined) return []
  if (!Array.isArray(values) || values.length === 0) return ['empty enum']
  return values
    .filter((value) => !isOfTypes(value, said))
    .map((value) => `${value} has another type`)
}

function isOfTypes(value: unknown, said: readonly unknown[]): boolean {
  if (said.length === 0) return true
  if (value === null) return said.includes('null')
  if (Array.isArray(value)) return said.includes('array')
  if (Number.isInteger(value)) return said.includes('integer') || said.includes('number')
  return said.includes(typeof value)
}

function requiredProblems(required: unknown, properties: unknown): readonly string[] {
  if (required === undefined) return []
  const keys = listOf(required)
  const unknown = keys.filter((key) => !(String(key) in record(properties)))
  return [
    ...(new Set(keys).size === keys.length ? [] : ['required twice']),
    ...unknown.map((key) => `required "${String(key)}" is no property`),
  ]
}

const geminiKeys = new Set(
  'type format description nullable enum items properties required anyOf minimum maximum'.split(
    ' ',
  ),
)
const geminiFormats: Readonly<Record<string, readonly string[]>> = {
  string: ['date-time', 'enum'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
}

function geminiSchemaProblems(schema: unknown): readonly string[] {
  if (!isRecord(schema)) return [`${JSON.stringify(schema)} is no schema`]
  const { type, format, items, properties, required, anyOf } = schema
  const values = schema['enum']
  return [
    ...Object.keys(schema)
      .filter((key) => !geminiKeys.has(key))
      .map((key) => `unknown name "${key}"`),
    ...(anyOf === undefined && (typeof type !== 'string' || !types.slice(0, 6).includes(type))
      ? [`type ${JSON.stringify(type)}`]
      : []),
    ...(anyOf !== undefined && ('type' in schema || 'properties' in schema)
      ? ['any_of and more']
      : []),
    ...(format !== undefined && !geminiFormats[String(type)]?.some((one) => one === format)
      ? [`format ${JSON.stringify(format)}`]
      : []),
    ...(values !== undefined && type !== 'string' ? ['enum of what is no string'] : []),
    ...listOf(values ?? [])
      .filter((value) => typeof value !== 'string' || value === '')
      .map((value) => `enum value ${JSON.stringify(value)}`),
    ...(type === 'array' && !isRecord(items) ? ['items: missing field'] : []),
    ...requiredProblems(required, properties),
    ...Object.entries(record(properties)).flatMap(([key, inner]) => [
      ...(keyName.test(key) ? [] : [`property key "${key}"`]),
      ...geminiSchemaProblems(inner),
    ]),
    ...(items === undefined ? [] : geminiSchemaProblems(items)),
    ...(anyOf === undefined ? [] : listOf(anyOf).flatMap(geminiSchemaProblems)),
  ]
}

function record(value: unknown): Schema {
  return isRecord(value) ? value : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
