import { GatewayError } from '../../contract/gateway-error.ts'
import { isRecord } from '../../kit/is-record.ts'
import { nearest } from '../../kit/nearest.ts'
import type { Tool } from './catalog.ts'
import { plainLine } from './print/plain.ts'
import { parametersOf, printSignature, printType, resolveSchema } from './print/schema.ts'
import type { Parameter } from './print/schema.ts'

/** One argument as it was typed: `key=value`, `key:=json`, `key=@file`, `key:=@file`. */
interface Typed {
  readonly key: string
  readonly value: string
  /** Whether the value is JSON already. */
  readonly isRaw: boolean
}

export interface ArgumentSources {
  /** Reads a file named with `@`; throws a GatewayError when it cannot. */
  readonly readFile: (path: string) => Promise<Uint8Array>
  /** Told to the person, without ending anything. */
  readonly note: (text: string) => void
}

/** The arguments of a call as JSON text: numbers keep every digit they were typed with. */
export async function argumentsJson(
  tool: Tool,
  pairs: readonly string[],
  sources: ArgumentSources,
): Promise<string> {
  const parameters = new Map(parametersOf(tool.inputSchema).map((one) => [one.name, one]))
  const values = new Map<string, Value[]>()
  for (const pair of pairs) {
    const { key, value, isRaw } = split(pair)
    const parameter = parameters.get(key)
    if (!parameter) checkUnknown(tool, key, [parameters, sources])
    const read = await readValue({ tool, key, value, isRaw, parameter }, sources)
    values.set(key, [...(values.get(key) ?? []), read])
  }
  const members = [...values].map(
    ([key, given]) => `${JSON.stringify(key)}:${joined(tool, parameters.get(key), [key, given])}`,
  )
  const text = `{${members.join(',')}}`
  checkRequired(tool, new Set(values.keys()))
  return text
}

/** Arguments given as one JSON text are sent as they are; only what is missing is told. */
export function checkArgumentsJson(tool: Tool, text: string): string {
  const value = parsedJson(text)
  if (!isRecord(value)) {
    throw usage('The text after --args is not a JSON object', 'Write it like --args \'{"a": 1}\'.')
  }
  checkRequired(tool, new Set(Object.keys(value)))
  return text
}

function split(pair: string): Typed {
  const match = /^([^=]*?)(:?)=([^]*)$/.exec(pair)
  const [, key, colon, value] = match ?? []
  if (!key || value === undefined) {
    throw usage(
      `"${pair}" is not an argument`,
      'Write arguments as key=value, or all of them as --args JSON.',
    )
  }
  return { key, value, isRaw: colon === ':' }
}

function checkUnknown(
  tool: Tool,
  key: string,
  [parameters, { note }]: readonly [ReadonlyMap<string, Parameter>, ArgumentSources],
): void {
  const near = nearest(key, parameters.keys())
  const suggestion = near === undefined ? undefined : `Did you mean ${near}?`
  const { additionalProperties } = resolveSchema(tool.inputSchema, tool.inputSchema)
  const problem = `${tool.name} has no argument named "${key}"`
  if (additionalProperties === false) throw usage(problem, suggestion ?? signatureOf(tool))
  if (parameters.size > 0) note(`${problem}; it is sent all the same. ${suggestion ?? ''}`.trim())
}

interface Given extends Typed {
  readonly tool: Tool
  readonly parameter: Parameter | undefined
}

/** JSON text, and whether it is one element of the list that the argument is. */
interface Value {
  readonly json: string
  readonly isElement?: boolean
}

async function readValue(given: Given, { readFile }: ArgumentSources): Promise<Value> {
  const { key, value, isRaw, parameter } = given
  if (value.startsWith('@') && !value.startsWith('@@')) {
    const bytes = await readFile(value.slice(1))
    if (parameter?.schema['contentEncoding'] === 'base64' && !isRaw) {
      return { json: JSON.stringify(Buffer.from(bytes).toString('base64')) }
    }
    const text = textOf(bytes, value.slice(1))
    return { json: isRaw ? rawJson(key, text) : JSON.stringify(text) }
  }
  const text = value.startsWith('@@') ? value.slice(1) : value
  if (isRaw) return { json: rawJson(key, text) }
  return typedValue(text, { ...given, schema: parameter?.schema ?? {} })
}

function rawJson(key: string, text: string): string {
  if (parsedJson(text) !== undefined) return text
  throw usage(`The value of ${key} is not JSON`, `Write ${key}=… to send it as text.`)
}

interface Asked extends Given {
  readonly schema: Tool['inputSchema']
}

/** The text as the JSON its schema asks for; a type that also allows text gives text. */
function typedValue(text: string, asked: Asked): Value {
  const { tool, key, schema } = asked
  const types = typesOf(schema, tool.inputSchema)
  if (Array.isArray(schema['enum'])) return { json: memberJson(text, schema['enum'], asked) }
  const json = asJson(text, types)
  if (json !== undefined) return { json }
  if (types.size === 0 || types.has('string')) return { json: JSON.stringify(text) }
  if (types.has('array') && !text.startsWith('[')) {
    const items = resolveSchema(schema['items'], tool.inputSchema)
    return { ...typedValue(text, { ...asked, schema: items }), isElement: true }
  }
  const expected = printType(schema, tool.inputSchema)
  throw usage(
    `${key} of ${tool.name} is ${expected}, and ${JSON.stringify(text)} is not`,
    hintFor(key, types),
  )
}

function memberJson(text: string, members: readonly unknown[], { tool, key }: Asked): string {
  const member = members.find((one) => one === text || JSON.stringify(one) === text)
  if (member !== undefined) return JSON.stringify(member)
  const allowed = members.map((one) => plainLine(JSON.stringify(one) ?? '')).join(', ')
  throw usage(
    `${key} of ${tool.name} cannot be ${JSON.stringify(text)}`,
    `Write one of ${allowed}.`,
  )
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const whole = /^-?(?:0|[1-9]\d*)$/

function asJson(text: string, types: ReadonlySet<string>): string | undefined {
  if (types.has('number') && number.test(text)) return text
  if (types.has('integer') && whole.test(text)) return text
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text
  if (types.has('null') && text === 'null') return text
  if (types.has('object') && text.startsWith('{') && isRecord(parsedJson(text))) return text
  if (!types.has('array')) return undefined
  if (text.startsWith('[') && Array.isArray(parsedJson(text))) return text
  return undefined
}

function hintFor(key: string, types: ReadonlySet<string>): string {
  if (types.has('object')) return `Write JSON, for example ${key}='{"name": "value"}'.`
  if (types.has('array')) return `Write JSON, for example ${key}='[1, 2]'.`
  if (types.has('boolean')) return `Write ${key}=true or ${key}=false.`
  return `Write a number, for example ${key}=1.`
}

/** Every JSON type a schema allows; none when it says nothing. */
function typesOf(schema: unknown, root: Tool['inputSchema'], depth = 0): ReadonlySet<string> {
  const resolved = resolveSchema(schema, root)
  const { type, anyOf, oneOf } = resolved
  const own = (Array.isArray(type) ? type : [type]).filter((one) => typeof one === 'string')
  const choices = [anyOf, oneOf].flatMap((list) => (Array.isArray(list) && depth < 4 ? list : []))
  return new Set([...own, ...choices.flatMap((choice) => [...typesOf(choice, root, depth + 1)])])
}

/** A key given several times is a list, where a list is asked for. */
function joined(
  tool: Tool,
  parameter: Parameter | undefined,
  [key, given]: readonly [string, readonly Value[]],
): string {
  const [first, ...others] = given
  if (first && others.length === 0) return first.isElement ? `[${first.json}]` : first.json
  if (parameter && typesOf(parameter.schema, tool.inputSchema).has('array')) {
    return `[${given.map(({ json }) => json).join(',')}]`
  }
  throw usage(`${key} is given ${given.length} times`, signatureOf(tool))
}

function checkRequired(tool: Tool, given: ReadonlySet<string>): void {
  const missing = parametersOf(tool.inputSchema).filter(
    ({ name, isRequired }) => isRequired && !given.has(name),
  )
  if (missing.length === 0) return
  const described = missing.map(
    ({ name, schema }) => `${plainLine(name)} (${printType(schema, tool.inputSchema)})`,
  )
  throw usage(`${tool.name} needs ${described.join(' and ')}`, signatureOf(tool))
}

function signatureOf(tool: Tool): string {
  return `It is called as ${printSignature(tool.name, tool.inputSchema)}.`
}

function textOf(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw usage(`${path} is not UTF-8 text`, 'The tool takes text here; convert the file first.')
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

function usage(problem: string, remedy: string): GatewayError {
  return new GatewayError('usage_invalid', { problem, remedy })
}
