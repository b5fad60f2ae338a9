import { isRecord } from '../../kit/is-record.ts'
import type { Entry } from '../catalog/listing.ts'
import { unionOf } from './join-shapes.ts'
import { projectKeys, projectNames } from './names.ts'
import { readShape } from './read-shape.ts'
import type { Shape } from './shape.ts'
import { Unprojectable } from './shape.ts'

/** A tool in the form from which every provider's definition is printed. */
export interface ProjectedTool extends ReadTool {
  /** What every provider accepts as its name. */
  readonly name: string
  /** As it is shown to clients. */
  readonly shown: string
}

interface ReadTool {
  readonly entry: Entry
  readonly description: string
  readonly input: Shape
  /** The name of each parameter, by the name that every provider accepts. */
  readonly keys: ReadonlyMap<string, string>
}

/** A tool that cannot be offered, and why. */
export interface Omitted {
  /** As it is shown to clients. */
  readonly name: string
  readonly server: string
  readonly reason: string
}

export interface Projection {
  /** By projected name, in the order of these names. */
  readonly tools: ReadonlyMap<string, ProjectedTool>
  readonly byShown: ReadonlyMap<string, ProjectedTool>
  readonly omitted: readonly Omitted[]
}

/** What a view shows, by shown name. */
export type ShownTools = ReadonlyMap<string, Entry>

/** Reads the tools of a view; what does not change is read once. */
export function createToolReader(): (shown: ShownTools) => Projection {
  const projections = new WeakMap<ShownTools, Projection>()
  const readings = new WeakMap<Entry, Reading>()

  function readingOf(entry: Entry): Reading {
    const known = readings.get(entry)
    if (known) return known
    const reading = tryRead(entry)
    readings.set(entry, reading)
    return reading
  }

  return (shown) => {
    const known = projections.get(shown)
    if (known) return known
    const projection = readAll(shown, readingOf)
    projections.set(shown, projection)
    return projection
  }
}

type Reading = { readonly tool: ReadTool } | { readonly reason: string }

function readAll(shown: ShownTools, readingOf: (entry: Entry) => Reading): Projection {
  const tools = new Map<string, ProjectedTool>()
  const omitted: Omitted[] = []
  for (const [name, own] of [...projectNames(shown.keys())].toSorted(byName)) {
    const entry = shown.get(own)
    if (!entry) continue
    const reading = readingOf(entry)
    if ('tool' in reading) tools.set(name, { ...reading.tool, name, shown: own })
    else omitted.push({ name: own, server: entry.server, reason: reading.reason })
  }
  const byShown = new Map([...tools.values()].map((tool) => [tool.shown, tool]))
  return { tools, byShown, omitted }
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1
}

function tryRead(entry: Entry): Reading {
  try {
    return { tool: read(entry) }
  } catch (error) {
    if (!(error instanceof Unprojectable)) throw error
    return { reason: error.message }
  }
}

function read(entry: Entry): ReadTool {
  const written: unknown = JSON.parse(entry.bytes.toString())
  const { description, inputSchema } = isRecord(written) ? written : {}
  const input = readInput(inputSchema)
  return {
    entry,
    description: typeof description === 'string' ? description.toWellFormed() : '',
    input,
    keys: projectKeys(keysIn(input)),
  }
}

/** Arguments are one object, whatever else a schema allows. */
function readInput(schema: unknown): Shape {
  if (!isRecord(schema)) throw new Unprojectable('its input schema is not an object')
  const shape = readShape(schema)
  const { description, types, choices } = shape
  const input = choices.length > 0 ? { ...unionOf(choices), description } : shape
  if (types.length > 0 && !types.includes('object')) {
    throw new Unprojectable(`its input is of type ${types.join(' or ')}, not an object`)
  }
  return { ...input, types: ['object'], isNullable: false, values: undefined, default: undefined }
}

/** The names of all parameters, at every depth. */
function* keysIn(shape: Shape): Generator<string> {
  const { properties, list, further, choices } = shape
  yield* properties.keys()
  const inside = [...properties.values(), ...choices]
  if (list.items) inside.push(list.items)
  if (typeof further !== 'boolean') inside.push(further)
  for (const inner of inside) yield* keysIn(inner)
}
