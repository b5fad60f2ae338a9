import { matchesGlob } from '../../kit/glob.ts'
import type { Named } from './operations.ts'

export interface Choice {
  readonly include?: readonly string[]
  readonly exclude: readonly string[]
}

/** Whether the configuration wants an operation as a tool. */
export function isChosen(operation: Named, { include, exclude }: Choice): boolean {
  const isNamed = (names: readonly string[]) => names.some((name) => isMeant(name, operation))
  return (include === undefined || isNamed(include)) && !isNamed(exclude)
}

/** What was written and means none of the operations. */
export function idleNames(
  operations: readonly Named[],
  { include = [], exclude }: Choice,
): readonly string[] {
  return [...include, ...exclude].filter(
    (name) => !operations.some((operation) => isMeant(name, operation)),
  )
}

/** `listPets`, `tag:pets` or `GET /pets/*`. */
function isMeant(written: string, { id, tags, method, path }: Named): boolean {
  if (written.startsWith('tag:')) {
    const pattern = written.slice('tag:'.length).trim()
    return tags.some((tag) => matchesGlob(pattern, tag))
  }
  const [, verb, place] = /^([A-Za-z*]+)\s+(\S.*)$/.exec(written) ?? []
  if (verb !== undefined && place !== undefined)
    return matchesGlob(verb.toUpperCase(), method) && matchesGlob(place, path)
  return id !== undefined && matchesGlob(written, id)
}
