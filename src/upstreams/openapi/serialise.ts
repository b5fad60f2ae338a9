import { isRecord } from '../../kit/is-record.ts'
import { argumentProblem, kindOf } from './arguments.ts'
import type { Parameter } from './parameters.ts'

export type Pair = readonly [name: string, value: string]

/** What a value becomes in a path, with everything in it that means something to a path written in percent. */
export function toPathText(parameter: Parameter, value: unknown): string {
  const { argument, name, style, explode } = parameter
  const encode = (one: unknown) => encoded(scalarText(argument, one))
  if (style === 'json') return encoded(jsonText(argument, value))
  const prefix = style === 'matrix' ? `;${encoded(name)}=` : style === 'label' ? '.' : ''
  const separator = explode && style === 'label' ? '.' : ','
  if (Array.isArray(value)) {
    if (style === 'matrix' && explode) return value.map((one) => prefix + encode(one)).join('')
    return prefix + value.map(encode).join(separator)
  }
  if (!isObject(value)) return prefix + encode(value)
  const pairs = Object.entries(value).map(([key, one]): Pair => [encoded(key), encode(one)])
  if (!explode) return prefix + pairs.flat().join(',')
  const joint = style === 'matrix' ? ';' : separator
  const text = pairs.map((pair) => pair.join('=')).join(joint)
  return style === 'matrix' ? `${joint}${text}` : prefix + text
}

/** What a value becomes in a query or in a cookie: names as they are, values encoded. */
export function toPairs(parameter: Parameter, value: unknown): readonly Pair[] {
  const { argument, name, style, explode } = parameter
  const text = (one: unknown) => encoded(scalarText(argument, one))
  if (style === 'json') return [[name, encoded(jsonText(argument, value))]]
  if (Array.isArray(value)) {
    if (value.length === 0) return []
    if (explode || style === 'deepObject') return value.map((one): Pair => [name, text(one)])
    return [[name, value.map(text).join(separatorOf(style))]]
  }
  if (!isObject(value)) return [[name, text(value)]]
  if (style === 'deepObject') return deepPairs(argument, name, value)
  const pairs = Object.entries(value).map(([key, one]): Pair => [key, text(one)])
  if (explode || pairs.length === 0) return pairs
  const words = pairs.flatMap(([key, one]) => [encoded(key), one])
  return [[name, words.join(separatorOf(style))]]
}

/** Between values, where it is not encoded like what is in them. */
function separatorOf(style: Parameter['style']): string {
  if (style === 'spaceDelimited') return '%20'
  return style === 'pipeDelimited' ? '%7C' : ','
}

/** What a value becomes in a header. */
export function toHeaderText(parameter: Parameter, value: unknown): string {
  const { argument, explode, style } = parameter
  const text = (one: unknown) => scalarText(argument, one)
  const whole = (): string => {
    if (style === 'json') return jsonText(argument, value)
    if (Array.isArray(value)) return value.map(text).join(',')
    if (!isObject(value)) return text(value)
    const pairs = Object.entries(value).map(([key, one]): Pair => [key, text(one)])
    return explode ? pairs.map((pair) => pair.join('=')).join(',') : pairs.flat().join(',')
  }
  const result = whole()
  // A line break would begin another header, and space around a value is not sent.
  if (!/^[\x20-\x7e\t]*$/.test(result) || result !== result.trim())
    throw argumentProblem(
      argument,
      'is sent as a header, which takes printable ASCII only and no space around it',
    )
  return result
}

/** `filter[a][b]=1`; a key with brackets of its own would lead somewhere else. */
function deepPairs(
  argument: string,
  name: string,
  value: Readonly<Record<string, unknown>>,
): readonly Pair[] {
  return Object.entries(value).flatMap(([key, one]) => {
    if (/[[\]]/.test(key)) throw argumentProblem(argument, 'has a key with a bracket in it')
    const inner = `${name}[${key}]`
    if (isObject(one)) return deepPairs(argument, inner, one)
    const values = Array.isArray(one) ? one : [one]
    return values.map((item): Pair => [inner, encoded(scalarText(argument, item))])
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && kindOf(value) === 'object'
}

function scalarText(argument: string, value: unknown): string {
  if (typeof value === 'string') {
    if (value.isWellFormed()) return value
    throw argumentProblem(argument, 'holds half a character')
  }
  if (value === null) return ''
  const kind = kindOf(value)
  if (kind === 'number' || kind === 'boolean') return JSON.stringify(value)
  throw argumentProblem(argument, `holds a value of type ${kind} where text is needed`)
}

function jsonText(argument: string, value: unknown): string {
  return scalarText(argument, JSON.stringify(value))
}

export function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
