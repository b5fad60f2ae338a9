import { isRecord } from '../../../kit/is-record.ts'
import { plainLine } from './plain.ts'

type Schema = Readonly<Record<string, unknown>>

const shownMembers = 6
const shownProperties = 4
const depthLimit = 2

/** The schema a local `$ref` leads to, or the schema itself. */
export function resolveSchema(schema: unknown, root: Schema): Schema {
  let current = isRecord(schema) ? schema : {}
  for (let steps = 0; steps < 8; steps += 1) {
    const reference = current['$ref']
    if (typeof reference !== 'string') return current
    const target = follow(reference, root)
    if (!target) return current
    current = target
  }
  return current
}

function follow(reference: string, root: Schema): Schema | undefined {
  if (!reference.startsWith('#/')) return undefined
  const keys = reference.slice(2).split('/')
  let target: unknown = root
  for (const key of keys) {
    const member = key.replaceAll('~1', '/').replaceAll('~0', '~')
    target = isRecord(target) && Object.hasOwn(target, member) ? target[member] : undefined
  }
  return isRecord(target) ? target : undefined
}

/** A JSON Schema as a type a person reads at a glance. */
export function printType(schema: unknown, root: Schema, depth = 0): string {
  if (schema === false) return 'never'
  const resolved = resolveSchema(schema, root)
  if ('const' in resolved) return literal(resolved['const'])
  const { enum: members, anyOf, oneOf, type } = resolved
  if (Array.isArray(members)) return union(members.map(literal))
  const choices = Array.isArray(anyOf) ? anyOf : oneOf
  if (Array.isArray(choices) && depth < depthLimit) {
    return union(choices.map((choice) => printType(choice, root, depth + 1)))
  }
  if (Array.isArray(type)) {
    return union(type.map((one) => printType({ ...resolved, type: one }, root, depth)))
  }
  if (type === 'array' || 'items' in resolved) return list(resolved, root, depth)
  if (type === 'object' || 'properties' in resolved) return object(resolved, root, depth)
  return typeof type === 'string' ? plainLine(type) : 'any'
}

function list({ items }: Schema, root: Schema, depth: number): string {
  if (items === undefined || depth >= depthLimit) return 'any[]'
  const item = printType(items, root, depth + 1)
  return item.includes(' | ') ? `(${item})[]` : `${item}[]`
}

function object({ properties, required }: Schema, root: Schema, depth: number): string {
  const entries = isRecord(properties) ? Object.entries(properties) : []
  if (entries.length === 0 || entries.length > shownProperties || depth >= depthLimit)
    return 'object'
  const needed = new Set(Array.isArray(required) ? required : [])
  const members = entries.map(
    ([key, value]) =>
      `${plainLine(key)}${needed.has(key) ? '' : '?'}: ${printType(value, root, depth + 1)}`,
  )
  return `{ ${members.join(', ')} }`
}

function union(members: readonly string[]): string {
  const distinct = [...new Set(members)]
  const shown = distinct.slice(0, shownMembers)
  return [...shown, ...(distinct.length > shownMembers ? ['…'] : [])].join(' | ') || 'never'
}

function literal(value: unknown): string {
  return plainLine(JSON.stringify(value) ?? 'any')
}

/** One argument of a tool, as its schema describes it. */
export interface Parameter {
  readonly name: string
  readonly schema: Schema
  readonly isRequired: boolean
}

/** A tool's arguments, required ones first, each group in the order of the schema. */
export function parametersOf(inputSchema: Schema): readonly Parameter[] {
  const root = resolveSchema(inputSchema, inputSchema)
  const { properties, required } = root
  const needed = new Set(Array.isArray(required) ? required : [])
  const parameters = Object.entries(isRecord(properties) ? properties : {}).map(
    ([name, schema]) => ({
      name,
      schema: resolveSchema(schema, inputSchema),
      isRequired: needed.has(name),
    }),
  )
  return parameters.toSorted((a, b) => Number(b.isRequired) - Number(a.isRequired))
}

/** `add(a: number, b?: number = 5)` */
export function printSignature(name: string, inputSchema: Schema): string {
  const parameters = parametersOf(inputSchema).map(
    (parameter) => `${printParameter(parameter, inputSchema)}${printDefault(parameter.schema)}`,
  )
  return `${plainLine(name)}(${parameters.join(', ')})`
}

function printParameter({ name, schema, isRequired }: Parameter, root: Schema): string {
  return `${plainLine(name)}${isRequired ? '' : '?'}: ${printType(schema, root)}`
}

function printDefault(schema: Schema): string {
  if (!('default' in schema)) return ''
  const text = literal(schema['default'])
  return text.length > 30 ? '' : ` = ${text}`
}
