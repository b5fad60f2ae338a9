import { fits } from './read-keywords.ts'
import type { JsonType, Shape } from './shape.ts'
import { anything } from './shape.ts'

/** A shape that fits both, as far as that can be said in one; the first one's words count. */
export function joinShapes(one: Shape, other: Shape): Shape {
  const joined = joinPlain(one, other)
  const [choices] = [one.choices, other.choices].filter((some) => some.length > 0)
  return choices ? withChoices(joined, choices) : joined
}

/** The same without the choices, which are left to whoever joins. */
function joinPlain(one: Shape, other: Shape): Shape {
  const types = commonTypes(one.types, other.types)
  return {
    types,
    isNullable: joinNull(one, other),
    description: one.description ?? other.description,
    default: one.default ?? other.default,
    values: commonValues(one.values ?? other.values, other.values, types),
    text: { ...other.text, ...one.text },
    bounds: { ...other.bounds, ...one.bounds },
    list: joinLists(one, other),
    properties: joinProperties(one, other),
    required: [...new Set([...one.required, ...other.required])],
    further: joinFurther(one, other),
    choices: [],
  }
}

function commonTypes(one: readonly JsonType[], other: readonly JsonType[]): readonly JsonType[] {
  if (one.length === 0 || other.length === 0) return one.length === 0 ? other : one
  const common = one.flatMap((type): JsonType[] => {
    if (other.includes(type)) return [type]
    if (type === 'number' && other.includes('integer')) return ['integer']
    return type === 'integer' && other.includes('number') ? ['integer'] : []
  })
  // Where nothing fits both, the server says so when it is called.
  return common.length > 0 ? common : one
}

/** Who says nothing of types lets null through too. */
function joinNull(one: Shape, other: Shape): boolean {
  if (isSilent(one)) return other.isNullable
  return isSilent(other) ? one.isNullable : one.isNullable && other.isNullable
}

function isSilent({ types, isNullable, values, choices }: Shape): boolean {
  return types.length === 0 && !isNullable && values === undefined && choices.length === 0
}

function commonValues(
  one: readonly unknown[] | undefined,
  other: readonly unknown[] | undefined,
  types: readonly JsonType[],
): readonly unknown[] | undefined {
  const allowed = other?.map((value) => JSON.stringify(value))
  const common = one?.filter(
    (value) => fits(value, types) && (allowed?.includes(JSON.stringify(value)) ?? true),
  )
  return common && common.length > 0 ? common : undefined
}

function joinLists({ list: one }: Shape, { list: other }: Shape): Shape['list'] {
  const items = one.items && other.items ? joinShapes(one.items, other.items) : undefined
  return { ...other, ...one, ...(items && { items }) }
}

function joinProperties(one: Shape, other: Shape): ReadonlyMap<string, Shape> {
  const joined = new Map(one.properties)
  for (const [key, shape] of other.properties) {
    const known = joined.get(key)
    joined.set(key, known ? joinShapes(known, shape) : shape)
  }
  return joined
}

/** Both name some of the properties: what one closes off the other may have opened. */
function joinFurther(one: Shape, other: Shape): Shape | boolean {
  if (one.further === true) return other.further
  if (other.further === true || typeof one.further !== 'boolean') return one.further
  return other.further
}

/** A shape that must also look like one of these; its own choices are replaced. */
export function withChoices(shape: Shape, options: readonly Shape[]): Shape {
  const base = { ...shape, choices: [] }
  const told = options.filter((option) => !isNullOnly(option))
  const isNullable = shape.isNullable || options.some((option) => option.isNullable)
  const [only] = told
  // Where one of them lets everything through, so do all together.
  if (!only || told.some(isAnything)) return { ...base, isNullable }
  if (told.length === 1) return { ...joinShapes(base, only), isNullable }
  if (base.types.includes('object')) return { ...joinPlain(base, unionOf(told)), isNullable }
  const values = sharedValues(told)
  if (values) return { ...joinPlain(base, values), isNullable }
  const { description, default: standard } = base
  const inner = { ...base, description: undefined, default: undefined }
  const choices = told
    .flatMap((option) => (option.choices.length > 0 ? option.choices : [option]))
    .map((option) => ({ ...joinPlain(option, inner), isNullable: false }))
  return { ...anything, description, default: standard, isNullable, choices }
}

/** What fits any of these objects: all their properties, and what all of them require. */
export function unionOf(options: readonly Shape[]): Shape {
  const objects = options
    .flatMap((option) => (option.choices.length > 0 ? option.choices : [option]))
    .filter(({ types }) => types.length === 0 || types.includes('object'))
  const properties = new Map<string, Shape>()
  for (const option of objects) {
    for (const [key, property] of option.properties) {
      const known = properties.get(key)
      properties.set(key, known ? eitherOf(known, property) : property)
    }
  }
  const required = objects[0]?.required ?? []
  return {
    ...anything,
    types: ['object'],
    properties,
    required: required.filter((key) => objects.every((option) => option.required.includes(key))),
    further: objects.some(({ further }) => further !== false),
  }
}

function eitherOf(one: Shape, other: Shape): Shape {
  const description = one.description ?? other.description
  if (isSame(one, other)) return { ...one, description }
  return { ...withChoices(anything, [one, other]), description }
}

/** Several values, each with a schema of its own, are one list of values. */
function sharedValues(options: readonly Shape[]): Shape | undefined {
  const [first] = options
  if (!first || options.some(({ values }) => values === undefined)) return undefined
  if (options.some(({ types }) => types.join() !== first.types.join())) return undefined
  const values = options.flatMap((option) => option.values ?? [])
  const unlike = new Map(values.map((value) => [JSON.stringify(value), value]))
  return { ...anything, types: first.types, values: [...unlike.values()] }
}

function isAnything(shape: Shape): boolean {
  return isSame({ ...shape, isNullable: false }, anything)
}

function isNullOnly(shape: Shape): boolean {
  return shape.isNullable && isAnything(shape)
}

/** Whether two shapes let the same through; their words do not count. */
function isSame(one: Shape, other: Shape): boolean {
  return JSON.stringify(comparable(one)) === JSON.stringify(comparable(other))
}

function comparable(shape: Shape): unknown {
  const { description: _, default: __, properties, list, further, choices, ...rest } = shape
  return {
    ...rest,
    list: list.items ? { ...list, items: comparable(list.items) } : list,
    properties: [...properties].map(([key, inner]) => [key, comparable(inner)]),
    further: typeof further === 'boolean' ? further : comparable(further),
    choices: choices.map(comparable),
  }
}
