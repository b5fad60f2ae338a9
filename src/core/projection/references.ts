import { isRecord } from '../../kit/is-record.ts'

/** What a reference within one document points at; undefined where nothing is, or where it leads outside. */
export function createReferences(root: unknown): (reference: string) => unknown {
  const anchors = new Map<string, unknown>()
  let isRead = false

  return (reference) => {
    if (!reference.startsWith('#')) return undefined
    const fragment = decoded(reference.slice(1))
    if (fragment === '') return root
    if (fragment.startsWith('/')) return pointedAt(root, fragment)
    if (!isRead) readAnchors(root, anchors, 0)
    isRead = true
    return anchors.get(fragment)
  }
}

const anchorDepth = 64

function readAnchors(node: unknown, anchors: Map<string, unknown>, depth: number): void {
  if (typeof node !== 'object' || node === null || depth > anchorDepth) return
  if (isRecord(node) && typeof node['$anchor'] === 'string') anchors.set(node['$anchor'], node)
  for (const inner of Object.values(node)) readAnchors(inner, anchors, depth + 1)
}

function pointedAt(root: unknown, pointer: string): unknown {
  let at = root
  for (const part of pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = Object.entries(at).find(([name]) => name === key)?.[1]
  }
  return at
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    // What is not well encoded is read as it stands.
    return fragment
  }
}
