import { isRecord } from '../../kit/is-record.ts'
import type { ProjectedTool } from './read-tools.ts'
import type { Shape } from './shape.ts'

/** Arguments under the names that the tool itself gives its parameters. */
export function restoreArguments(value: unknown, tool: ProjectedTool): unknown {
  const isAlias = [...tool.keys].some(([name, own]) => name !== own)
  return isAlias ? restore(value, [tool.input], tool.keys) : value
}

type Keys = ProjectedTool['keys']

function restore(value: unknown, shapes: readonly Shape[], keys: Keys): unknown {
  const all = shapes.flatMap((shape) => [shape, ...shape.choices])
  if (Array.isArray(value)) {
    const items = all.flatMap(({ list }) => list.items ?? [])
    return value.map((item) => restore(item, items, keys))
  }
  // A number that JavaScript cannot hold is an object without a prototype here, and must stay the same one.
  if (!isRecord(value) || Object.isFrozen(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const own = keys.get(key)
      const isMeant = own !== undefined && all.some(({ properties }) => properties.has(own))
      const name = isMeant ? own : key
      return [name, restore(inner, insideOf(all, name), keys)]
    }),
  )
}

function insideOf(shapes: readonly Shape[], key: string): readonly Shape[] {
  return shapes.flatMap(({ properties, further }) => {
    const inner = properties.get(key)
    if (inner) return [inner]
    return typeof further === 'boolean' ? [] : [further]
  })
}
