import { dirname, join } from 'node:path'

/** A folder of a control group in which groups of our own may be made. */
export interface Place {
  readonly version: 1 | 2
  readonly folder: string
}

export type Controller = 'memory' | 'pids'

/**
 * Where a controller might let us make groups, best first: in the group we run in (version 1, and the topmost of
 * version 2), or beside it, since a group of version 2 that has processes can have no limited groups below it.
 */
export function candidatePlaces(
  controller: Controller,
  groups: string,
  mounts: string,
): readonly Place[] {
  const first = ownFolder(groups, mounts, controller)
  const second = ownFolder(groups, mounts, undefined)
  const isTop = second !== undefined && second.folder === second.mount
  return [
    ...(first ? [{ version: 1, folder: first.folder } as const] : []),
    ...(second ? [{ version: 2, folder: second.folder } as const] : []),
    ...(second && !isTop ? [{ version: 2, folder: dirname(second.folder) } as const] : []),
  ]
}

/** The folder of the group we run in: of one controller (version 1), or of the hierarchy for all (version 2). */
function ownFolder(groups: string, mounts: string, controller: Controller | undefined) {
  const path = groups.split('\n').map(groupIn).find(isOf(controller))?.path
  const mount = mounts.split('\n').map(mountIn).find(isOf(controller))
  if (path === undefined || !mount || path.includes('..')) return undefined
  const isBelow = mount.root === '/' || path === mount.root || path.startsWith(`${mount.root}/`)
  if (!isBelow) return undefined
  const below = mount.root === '/' ? path : path.slice(mount.root.length)
  return { folder: join(mount.point, below).replace(/(?<=.)\/$/, ''), mount: mount.point }
}

interface Hierarchy {
  readonly isUnified: boolean
  readonly controllers: readonly string[]
}

const isOf =
  (controller: Controller | undefined) =>
  (found: Hierarchy | undefined): boolean =>
    found !== undefined &&
    (controller === undefined ? found.isUnified : found.controllers.includes(controller))

/** A line of /proc/self/cgroup: `4:memory:/path`, or `0::/path` (cgroups(7)). */
function groupIn(line: string): (Hierarchy & { readonly path: string }) | undefined {
  const [, id, controllers = '', path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? []
  if (path === undefined) return undefined
  return { isUnified: id === '0', controllers: controllers.split(','), path }
}

/** A line of /proc/self/mountinfo: its fields, a dash, the kind of file system, its source and options (proc(5)). */
function mountIn(
  line: string,
): (Hierarchy & { readonly root: string; readonly point: string }) | undefined {
  const [fields = '', system = ''] = line.split(' - ')
  const [, , , root = '', point = ''] = fields.split(' ')
  const [kind, , options = ''] = system.split(' ')
  if (kind !== 'cgroup' && kind !== 'cgroup2') return undefined
  return { isUnified: kind === 'cgroup2', controllers: options.split(','), root, point }
}
