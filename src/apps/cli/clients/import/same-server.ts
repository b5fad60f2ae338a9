import { isDeepStrictEqual } from 'node:util'

import { isRecord } from '../../../../kit/is-record.ts'
import type { ServerEntry } from '../../../config/edit.ts'
import { tokensIn } from './tokens.ts'

const identity = ['command', 'args', 'env', 'cwd', 'url', 'headers', 'auth'] as const

/** Whether two entries are the same server; a secret may have been moved out of one of them. */
export function isSameServer(found: ServerEntry, ours: ServerEntry): boolean {
  const moved = new Set(tokensIn(found).map(({ path }) => path.join('/')))
  return identity.every((key) =>
    isSame(found[key], ours[key], (inner) => moved.has(`${key}${inner}`)),
  )
}

function isSame(found: unknown, ours: unknown, isMoved: (inner: string) => boolean): boolean {
  if (isEmpty(found) && isEmpty(ours)) return true
  if (isDeepStrictEqual(found, ours)) return true
  if (typeof found === 'string') return isMoved('') && isReference(ours)
  if (!isRecord(found) && !Array.isArray(found)) return false
  if (typeof ours !== 'object' || ours === null) return false
  const keys = new Set([...Object.keys(found), ...Object.keys(ours)])
  return [...keys].every((key) => {
    const [one, other]: readonly unknown[] = [Reflect.get(found, key), Reflect.get(ours, key)]
    return one === other || (isMoved(`/${key}`) && isReference(other))
  })
}

function isReference(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${')
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)
}
