import { isRecord } from '../../kit/is-record.ts'
import type { Values } from './parse-document.ts'
import { problemAt } from './problem.ts'

/** A value of the document with where it stands. */
export interface Located {
  readonly value: Values
  readonly at: string
}

/** Follows references within the document; nothing else is ever read. */
export interface References {
  /** The object itself, or the one it refers to in the end; throws `DocumentProblem` where there is none. */
  follow(value: unknown, at: string): Located
}

const hopLimit = 32

export function createReferences(root: Values): References {
  function follow(value: unknown, at: string): Located {
    let found: Located = { value: recordAt(value, at), at }
    for (let hops = 0; found.value['$ref'] !== undefined; hops++) {
      if (hops === hopLimit) throw problemAt(at, 'its "$ref" leads in a circle')
      found = target(found)
    }
    return found
  }

  function target({ value, at }: Located): Located {
    const reference = value['$ref']
    if (typeof reference !== 'string') throw problemAt(at, '"$ref" is no string')
    if (!reference.startsWith('#/'))
      throw problemAt(
        at,
        `"$ref" is ${JSON.stringify(clipped(reference))}: only references within the document are followed`,
      )
    const inside = pointedAt(root, reference)
    if (inside === undefined)
      throw problemAt(at, `"$ref" is ${JSON.stringify(clipped(reference))}: nothing is there`)
    return { value: recordAt(inside, reference), at: reference }
  }

  return { follow }
}

function pointedAt(root: Values, reference: string): unknown {
  let found: unknown = root
  for (const part of reference.slice(2).split('/')) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = Reflect.get(found, key)
  }
  return found
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // What is not well encoded is read as it stands.
    return part
  }
}

function recordAt(value: unknown, at: string): Values {
  if (isRecord(value)) return value
  throw problemAt(at, 'it is no object')
}

function clipped(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
