import { isRecord } from '../kit/is-record.ts'
import type { CheckArguments } from './toolbox.ts'

/** The part of a check that needs no library: what is required is there, and of the type that was asked for. */
export const checkRoughly: CheckArguments = async ({ inputSchema }, value) => {
  if (!isRecord(value)) return 'they are not an object'
  const { required, properties } = inputSchema
  for (const key of Array.isArray(required) ? required : []) {
    if (typeof key === 'string' && !Object.hasOwn(value, key)) return `"${key}" is missing`
  }
  for (const [key, schema] of Object.entries(isRecord(properties) ? properties : {})) {
    const type = isRecord(schema) ? schema['type'] : undefined
    if (!Object.hasOwn(value, key) || type === undefined) continue
    const types: readonly unknown[] = Array.isArray(type) ? type : [type]
    if (!types.some((one) => isOfType(value[key], one)))
      return `"${key}" is not of type ${types.join(' or ')}`
  }
  return undefined
}

function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isRecord(value)
    case 'integer':
      return Number.isInteger(value)
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
    default:
      return true
  }
}
