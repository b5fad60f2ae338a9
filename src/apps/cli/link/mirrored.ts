import { parseExact } from '../../../kit/exact-json.ts'
import { isRecord } from '../../../kit/is-record.ts'

type Schema = Readonly<Record<string, unknown>>

/** The arguments that a tool's schema wants to see in headers too (`x-mcp-header`). */
export function mirroredHeaders(
  inputSchema: Schema,
  argumentsJson: string,
): ReadonlyMap<string, string> {
  return new Map(collect(inputSchema, parseExact(argumentsJson)))
}

function* collect(schema: Schema, value: unknown): Generator<[string, string]> {
  const { properties } = schema
  if (!isRecord(properties) || !isRecord(value)) return
  for (const [key, property] of Object.entries(properties)) {
    if (!isRecord(property) || !Object.hasOwn(value, key)) continue
    const given = value[key]
    const header = property['x-mcp-header']
    if (typeof header === 'string' && given !== null && given !== undefined) {
      yield [header, typeof given === 'string' ? given : JSON.stringify(given)]
    }
    yield* collect(property, given)
  }
}
