import { isRecord } from '../../kit/is-record.ts'
import { joinShapes, withChoices } from './join-shapes.ts'
import { readKeywords } from './read-keywords.ts'
import { createReferences } from './references.ts'
import type { Shape } from './shape.ts'
import { anything, Unprojectable } from './shape.ts'

/** Deeper than this a value may be anything. */
const depthLimit = 16
/** References can make a small schema a huge one. */
const partsLimit = 2000

type Schema = Readonly<Record<string, unknown>>

/** Reads a JSON Schema of any draft; what it says that is not well formed counts as not said. */
export function readShape(schema: unknown): Shape {
  return new Reading(schema).read(schema, 0)
}

class Reading {
  readonly #resolve: (reference: string) => unknown
  /** References that are being followed: one inside itself would never end. */
  readonly #followed = new Set<string>()
  #parts = 0

  constructor(root: unknown) {
    this.#resolve = createReferences(root)
  }

  read(schema: unknown, depth: number): Shape {
    if (++this.#parts > partsLimit) {
      throw new Unprojectable(`its parameters have more than ${partsLimit} parts`)
    }
    if (!isRecord(schema)) return anything
    const own = readKeywords(schema)
    if (depth >= depthLimit) return own
    const whole = [
      this.#withParts(own, schema, depth),
      ...this.#referred(schema, depth),
      ...listOf(schema['allOf']).map((part) => this.read(part, depth)),
    ].reduce(joinShapes)
    return this.#choices(schema, depth).reduce(withChoices, whole)
  }

  #referred(schema: Schema, depth: number): readonly Shape[] {
    const reference = schema['$ref']
    if (typeof reference !== 'string') return []
    const target = this.#resolve(reference)
    if (target === undefined) return []
    if (this.#followed.has(reference)) return isRecord(target) ? [readKeywords(target)] : []
    this.#followed.add(reference)
    const shape = this.read(target, depth)
    this.#followed.delete(reference)
    return [shape]
  }

  #choices(schema: Schema, depth: number): readonly (readonly Shape[])[] {
    return [schema['anyOf'], schema['oneOf']]
      .map(listOf)
      .filter((options) => options.length > 0)
      .map((options) => options.filter(isPossible).map((option) => this.read(option, depth)))
  }

  #withParts(own: Shape, schema: Schema, depth: number): Shape {
    const inside = (part: unknown) => this.read(part, depth + 1)
    const items = this.#items(schema, inside)
    const properties = isRecord(schema['properties']) ? Object.entries(schema['properties']) : []
    const possible = properties.filter(([, part]) => isPossible(part))
    const further = schema['additionalProperties']
    return {
      ...own,
      list: items ? { ...own.list, items } : own.list,
      properties: new Map(possible.map(([key, part]) => [key, inside(part)])),
      further: isRecord(further) ? inside(further) : further !== false || hasPatterns(schema),
    }
  }

  /** A list whose places differ is one of things that fit any of the places. */
  #items(schema: Schema, inside: (part: unknown) => Shape): Shape | undefined {
    const { items, prefixItems } = schema
    const places = [...listOf(prefixItems), ...listOf(items)].map(inside)
    if (isRecord(items)) places.push(inside(items))
    if (places.length === 0) return undefined
    return places.length === 1 ? places[0] : withChoices(anything, places)
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** `false` is the schema that nothing fits. */
function isPossible(schema: unknown): boolean {
  return schema !== false
}

function hasPatterns({ patternProperties }: Schema): boolean {
  return isRecord(patternProperties) && Object.keys(patternProperties).length > 0
}
