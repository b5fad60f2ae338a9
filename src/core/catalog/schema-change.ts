import { isRecord } from '../../kit/is-record.ts'

/** In what an input schema differs from what it was, for whoever sends arguments. */
export interface SchemaChange {
  /** It takes something that it did not take. */
  readonly takesMore: boolean
  readonly takesLess: boolean
  /** It differs in a way that says neither. */
  readonly isOther: boolean
  /** The parameters that are new, by their path. */
  readonly added: readonly string[]
}

interface Notes {
  more: boolean
  less: boolean
  other: boolean
  readonly added: string[]
}

type Schema = Readonly<Record<string, unknown>>
type Compare = (before: unknown, after: unknown, at: Place) => void

interface Place {
  readonly notes: Notes
  readonly path: string
}

/** What is said to a reader and changes nothing about what is taken. */
const words = new Set(['title', 'description', 'examples', '$comment'])

/** Compares what two schemas take; a difference in words alone is none. */
export function schemaChange(before: unknown, after: unknown): SchemaChange {
  const notes: Notes = { more: false, less: false, other: false, added: [] }
  compareSchemas(before, after, { notes, path: '' })
  return { takesMore: notes.more, takesLess: notes.less, isOther: notes.other, added: notes.added }
}

const compareSchemas: Compare = (before, after, at) => {
  if (!isRecord(before) || !isRecord(after)) {
    if (before !== after) at.notes.other = true
    return
  }
  for (const key of unionOf(before, after)) {
    if (words.has(key)) continue
    if (key === 'required') compareRequired(before, after, at)
    else comparisons(key)(own(before, key), own(after, key), at)
  }
}

function comparisons(key: string): Compare {
  return byKeyword.get(key) ?? (/^(?:min|exclusiveMin)/.test(key) ? bound(1) : maximumOr(key))
}

function maximumOr(key: string): Compare {
  return /^(?:max|exclusiveMax)/.test(key) ? bound(-1) : restriction
}

const compareProperties: Compare = (before, after, { notes, path }) => {
  const [old, now] = [asRecord(before), asRecord(after)]
  for (const name of unionOf(old, now)) {
    const inner = { notes, path: path === '' ? name : `${path}.${name}` }
    if (!Object.hasOwn(old, name)) {
      notes.more = true
      notes.added.push(inner.path)
    } else if (Object.hasOwn(now, name)) compareSchemas(old[name], now[name], inner)
    else notes.less = true
  }
}

/** A parameter that is new and required is told as new. */
function compareRequired(before: Schema, after: Schema, { notes }: Place): void {
  const [old, now] = [textsIn(before['required']), textsIn(after['required'])]
  const known = asRecord(before['properties'])
  const left = asRecord(after['properties'])
  if (now.some((name) => !old.includes(name) && Object.hasOwn(known, name))) notes.less = true
  if (old.some((name) => !now.includes(name) && Object.hasOwn(left, name))) notes.more = true
}

const compareDefinitions: Compare = (before, after, at) => {
  const [old, now] = [asRecord(before), asRecord(after)]
  // What is new there is used in a place that differs too.
  for (const name of Object.keys(old))
    if (Object.hasOwn(now, name)) compareSchemas(old[name], now[name], at)
}

const compareRest: Compare = (before = true, after = true, at) => {
  if (isRecord(before) && isRecord(after)) compareSchemas(before, after, at)
  else if (before === false && after !== false) at.notes.more = true
  else if (before !== false && after === false) at.notes.less = true
  else if (before !== after) at.notes.other = true
}

/** A list of what is allowed: more of it, less of it, or both. */
const compareChoice: Compare = (before, after, { notes }) => {
  if (before === undefined || after === undefined) {
    if (before === undefined) notes.less = true
    else notes.more = true
    return
  }
  const [old, now] = [textsOf(before), textsOf(after)]
  if (now.some((one) => !old.includes(one))) notes.more = true
  if (old.some((one) => !now.includes(one))) notes.less = true
}

const compareAlternatives: Compare = (before, after, at) => {
  const isSameLength =
    Array.isArray(before) && Array.isArray(after) && before.length === after.length
  if (!isSameLength) return compareChoice(before, after, at)
  for (const [index, one] of before.entries()) compareSchemas(one, after[index], at)
}

/** Anything else that is said of a value: the less is said, the more is taken. */
const restriction: Compare = (before, after, { notes }) => {
  if (before === undefined) notes.less = true
  else if (after === undefined) notes.more = true
  else if (JSON.stringify(before) !== JSON.stringify(after)) notes.other = true
}

function bound(sign: 1 | -1): Compare {
  return (before, after, at) => {
    if (typeof before !== 'number' || typeof after !== 'number')
      return restriction(before, after, at)
    if (sign * (after - before) > 0) at.notes.less = true
    if (sign * (after - before) < 0) at.notes.more = true
  }
}

const neutral: Compare = (before, after, { notes }) => {
  if (JSON.stringify(before) !== JSON.stringify(after)) notes.other = true
}

const byKeyword: ReadonlyMap<string, Compare> = new Map([
  ['properties', compareProperties],
  ['$defs', compareDefinitions],
  ['definitions', compareDefinitions],
  ['additionalProperties', compareRest],
  ['items', compareRest],
  ['enum', compareChoice],
  ['type', compareChoice],
  ['anyOf', compareAlternatives],
  ['oneOf', compareAlternatives],
  ['default', neutral],
  ['$schema', neutral],
  ['$ref', neutral],
])

function unionOf(one: Schema, other: Schema): ReadonlySet<string> {
  return new Set([...Object.keys(one), ...Object.keys(other)])
}

function own(schema: Schema, key: string): unknown {
  return Object.hasOwn(schema, key) ? schema[key] : undefined
}

function asRecord(value: unknown): Schema {
  return isRecord(value) ? value : {}
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map((one) => JSON.stringify(one))
}
