import { readlink, realpath } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** A link that leads to where something really is. */
export interface Link {
  /** Where it lies, itself without links on the way. */
  readonly path: string
  readonly target: string
}

export interface Followed {
  readonly real: string
  readonly links: readonly Link[]
}

const linkCount = 40

/** Where a path leads, and by which links; undefined when there is nothing. */
export async function follow(path: string): Promise<Followed | undefined> {
  const real = await realpath(path).catch(() => undefined)
  if (real === undefined) return undefined
  const links: Link[] = []
  let left = resolve(path)
  while (links.length < linkCount) {
    const link = await firstLink(left)
    if (!link) break
    links.push(link)
    const beyond = left.slice(link.path.length)
    left = resolve(dirname(link.path), link.target) + beyond
  }
  return { real, links }
}

/** The first link on the way, so that what lies before it is none. */
async function firstLink(path: string): Promise<Link | undefined> {
  const parts = resolve(path).split('/').slice(1)
  for (const index of parts.keys()) {
    const part = `/${parts.slice(0, index + 1).join('/')}`
    const target = await readlink(part).catch(() => undefined)
    if (target !== undefined) return { path: part, target }
  }
  return undefined
}
