import { createHash } from 'node:crypto'
import type { Operation } from './operations.ts'

const longest = 64
const hashLength = 6

/** The operation behind each tool; a name depends on nothing but the operations that want the same one. */
export function nameTools(operations: readonly Operation[]): ReadonlyMap<string, Operation> {
  const names = new Map<string, Operation>()
  const others: (readonly [name: string, operation: Operation])[] = []
  for (const [name, rivals] of Map.groupBy(operations, plainName)) {
    const owner = ownerOf(name, rivals)
    if (owner) names.set(name, owner)
    for (const rival of rivals) if (rival !== owner) others.push([name, rival])
  }
  for (const [name, rival] of others) {
    let own = withHash(name, rival)
    for (let count = 2; names.has(own); count++) own = withHash(name, rival, String(count))
    names.set(own, rival)
  }
  return names
}

/** The only one that wants it, or the only one that says it in these very letters. */
function ownerOf(name: string, rivals: readonly Operation[]): Operation | undefined {
  const claimants = rivals.length === 1 ? rivals : rivals.filter(({ id }) => id === name)
  return claimants.length === 1 ? claimants[0] : undefined
}

function plainName(operation: Operation): string {
  const words = operation.id ?? `${operation.method.toLowerCase()}${operation.path}`
  const plain = words.replaceAll(/[^A-Za-z0-9_-]+/g, '_').replaceAll(/^_+|_+$/g, '')
  if (plain === '') return withHash('operation', operation)
  return plain.length <= longest ? plain : withHash(plain, operation)
}

function withHash(name: string, { method, path }: Operation, salt = ''): string {
  const text = `${method} ${path}${salt}`
  const hash = createHash('sha256').update(text).digest('hex').slice(0, hashLength)
  return `${name.slice(0, longest - hashLength - 1)}_${hash}`
}
