import { isRecord } from '../../kit/is-record.ts'
import type { Values } from './parse-document.ts'
import { DocumentProblem, problemAt } from './problem.ts'
import type { Located, References } from './references.ts'

/** What can be asked of a service, as the document says it. */
export interface Operation {
  readonly id: string | undefined
  /** In capitals. */
  readonly method: string
  readonly path: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description: string
  readonly isDeprecated: boolean
  /** Addresses that hold for this operation alone. */
  readonly servers: unknown
  readonly parameters: readonly Located[]
  readonly body: Located | undefined
  readonly at: string
}

/** What an operation can be chosen by. */
export type Named = Pick<Operation, 'id' | 'tags' | 'method' | 'path'>

/** An operation that became no tool, and why. */
export interface Omission extends Named {
  readonly reason: string
}

const methods = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const

/** All operations in the order of the document; one that cannot be read never costs the others. */
export function readOperations(
  root: Values,
  references: References,
): { readonly operations: readonly Operation[]; readonly omitted: readonly Omission[] } {
  const operations: Operation[] = []
  const omitted: Omission[] = []
  const paths = isRecord(root['paths']) ? root['paths'] : {}
  for (const [path, written] of Object.entries(paths)) {
    if (path.startsWith('x-')) continue
    for (const method of methods) {
      try {
        const item = references.follow(written, `paths.${path}`)
        if (item.value[method] === undefined) continue
        operations.push(readOperation({ item, path, method, references }))
      } catch (error) {
        if (!(error instanceof DocumentProblem)) throw error
        omitted.push({
          ...namesOf(isRecord(written) ? written[method] : undefined),
          method: method.toUpperCase(),
          path,
          reason: error.message,
        })
        // All of them would be told the same.
        if (!isRecord(written) || written['$ref'] !== undefined) break
      }
    }
  }
  return { operations, omitted }
}

interface Reading {
  readonly item: Located
  readonly path: string
  readonly method: (typeof methods)[number]
  readonly references: References
}

function readOperation({ item, path, method, references }: Reading): Operation {
  const at = `paths.${path}.${method}`
  checkPath(path)
  const own = references.follow(item.value[method], at)
  const { summary, description, deprecated, requestBody, servers } = own.value
  return {
    ...namesOf(own.value),
    method: method.toUpperCase(),
    path,
    summary: textOf(summary) || textOf(item.value['summary']),
    description: textOf(description) || textOf(item.value['description']),
    isDeprecated: deprecated === true,
    servers: servers ?? item.value['servers'],
    parameters: joined(
      parametersOf(item.value['parameters'], `paths.${path}.parameters`, references),
      parametersOf(own.value['parameters'], `${at}.parameters`, references),
    ),
    body:
      requestBody === undefined ? undefined : references.follow(requestBody, `${at}.requestBody`),
    at,
  }
}

function namesOf(operation: unknown): Pick<Named, 'id' | 'tags'> {
  const { operationId, tags } = isRecord(operation) ? operation : {}
  return {
    id: typeof operationId === 'string' && operationId !== '' ? operationId : undefined,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
  }
}

/** A template is a path and nothing else. */
function checkPath(path: string): void {
  const fixed = path.replaceAll(/\{[^{}]*\}/g, 'x')
  const isDotted = fixed.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))
  if (!path.startsWith('/') || /[?#\\{}\p{Cc}]/u.test(fixed) || isDotted)
    throw problemAt(`paths.${path}`, 'it is no path that can be asked for')
}

/** Those of an operation take the place of those of its path. */
function joined(shared: readonly Located[], own: readonly Located[]): readonly Located[] {
  return [...new Map([...shared, ...own].map((one) => [keyOf(one), one])).values()]
}

function keyOf({ value }: Located): string {
  return JSON.stringify([value['in'], value['name']])
}

function parametersOf(written: unknown, at: string, references: References): readonly Located[] {
  if (written === undefined) return []
  if (!Array.isArray(written)) throw problemAt(at, 'it is no list')
  return written.map((one, index) => references.follow(one, `${at}[${index}]`))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}
