import { isRecord } from '../../kit/is-record.ts'
import type { Values } from './parse-document.ts'
import { problemAt } from './problem.ts'
import type { Located, References } from './references.ts'

const places = ['path', 'query', 'header', 'cookie'] as const
export type ParameterPlace = (typeof places)[number]

/** One value that a request carries outside its body. */
export interface Parameter {
  /** The argument of the tool that it is. */
  readonly argument: string
  readonly name: string
  readonly place: ParameterPlace
  readonly isRequired: boolean
  readonly style: Style
  readonly explode: boolean
  /** Which kinds of JSON value it takes; undefined for any. */
  readonly kinds: ReadonlySet<string> | undefined
  readonly choices: readonly unknown[] | undefined
}

export interface DescribedParameter extends Parameter {
  readonly description: string
  /** As the document says it. */
  readonly schema: unknown
  readonly at: string
}

/** How values become text; `json` where the document gives a media type in place of a style. */
export type Style = (typeof styles)[ParameterPlace][number] | 'json'

const styles = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
} as const

/** Belong to the connection, to the gateway's own credentials, or to what the body says of itself. */
const ownHeaders =
  /^(?:host|authorization|cookie|set-cookie|connection|content-length|content-type|content-encoding|accept|accept-encoding|expect|transfer-encoding|te|trailer|upgrade|keep-alive|http2-settings|proxy-.*|x-forwarded-.*|forwarded|mcp-.*)$/i

/** The parameters that an argument can set, each with a name of its own. */
export function readParameters(
  written: readonly Located[],
  references: References,
  own: ReadonlySet<string>,
): readonly DescribedParameter[] {
  const read = written.map((one) => readParameter(one, references))
  const settable = read.filter(
    ({ place, name }) =>
      !own.has(slotOf(place, name)) && !(place === 'header' && ownHeaders.test(name)),
  )
  const used = new Set<string>(['body'])
  const isShared = (name: string) =>
    name === 'body' || settable.filter((one) => one.name === name).length > 1
  return settable.map((parameter) => {
    const plain = isShared(parameter.name) ? `${parameter.place}_${parameter.name}` : parameter.name
    let argument = plain
    for (let count = 2; used.has(argument); count++) argument = `${plain}_${count}`
    used.add(argument)
    return { ...parameter, argument }
  })
}

/** Which place in a request a value takes: names of headers know no letter case. */
export function slotOf(place: ParameterPlace, name: string): string {
  return `${place} ${place === 'header' ? name.toLowerCase() : name}`
}

function readParameter({ value, at }: Located, references: References): DescribedParameter {
  const { name, in: place, required, description } = value
  if (typeof name !== 'string' || name === '') throw problemAt(at, 'it has no "name"')
  if (!isPlace(place)) throw problemAt(at, '"in" is not path, query, header or cookie')
  const { schema, style } = contentOf(value, place, at)
  return {
    argument: name,
    name,
    place,
    isRequired: place === 'path' || required === true,
    description: typeof description === 'string' ? description.trim() : '',
    style,
    explode: typeof value['explode'] === 'boolean' ? value['explode'] : style === 'form',
    schema,
    ...valuesOf(schema, at, references),
    at,
  }
}

function isPlace(value: unknown): value is ParameterPlace {
  return places.some((place) => place === value)
}

function contentOf(
  value: Values,
  place: ParameterPlace,
  at: string,
): { readonly schema: unknown; readonly style: Style } {
  const { content, schema, style } = value
  if (isRecord(content)) {
    const [first] = Object.values(content)
    return { schema: isRecord(first) ? first['schema'] : undefined, style: 'json' }
  }
  const known: readonly Style[] = styles[place]
  const [standard = 'form'] = known
  if (style === undefined) return { schema, style: standard }
  const meant = known.find((one) => one === style)
  if (!meant) throw problemAt(at, `"style" is ${JSON.stringify(style)}, which no ${place} has`)
  return { schema, style: meant }
}

/** What can be checked without a validator: the kinds of value it takes, and a list of them. */
function valuesOf(schema: unknown, at: string, references: References) {
  if (!isRecord(schema)) return { kinds: undefined, choices: undefined }
  const { value } = references.follow(schema, at)
  const types = [value['type']].flat().filter((type) => typeof type === 'string')
  const choices = value['enum']
  return {
    kinds: types.length === 0 ? undefined : new Set(types),
    choices: Array.isArray(choices) ? choices : undefined,
  }
}
