import type { Link } from './links.ts'

/** What a program in a sandbox finds of the files of this machine; all paths are absolute. */
export interface Mounts {
  /** Empty for it, except for what is named below. A file is empty, too. */
  readonly hidden: readonly HiddenPath[]
  readonly read: readonly string[]
  readonly write: readonly string[]
  /** Links in hidden folders, which lead to what is shown. */
  readonly links: readonly Link[]
}

export interface HiddenPath {
  readonly path: string
  readonly isFolder: boolean
}

interface Step {
  readonly path: string
  /** At the same path, what is shown comes after what is hidden. */
  readonly rank: number
  readonly words: readonly string[]
}

/** The rest of the machine is there to be read, the processes of others are not there at all. */
const base = [
  '--die-with-parent',
  '--unshare-pid',
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-cgroup-try',
  '--cap-drop',
  'ALL',
  '--ro-bind',
  '/',
  '/',
  '--dev',
  '/dev',
  '--proc',
  '/proc',
] as const

/** The arguments of `bwrap` up to the program. A path within another one counts more than that. */
export function bwrapArguments(
  { hidden, read, write, links }: Mounts,
  cwd: string,
): readonly string[] {
  const steps: readonly Step[] = [
    ...hidden.map(({ path, isFolder }) => ({
      path,
      rank: 0,
      words: isFolder ? ['--tmpfs', path] : ['--ro-bind', '/dev/null', path],
    })),
    ...links.map(({ path, target }) => ({ path, rank: 0, words: ['--symlink', target, path] })),
    ...read.map((path) => ({ path, rank: 1, words: ['--ro-bind-try', path, path] })),
    ...write.map((path) => ({ path, rank: 2, words: ['--bind-try', path, path] })),
  ]
  const inOrder = steps.toSorted(
    (one, other) => depthOf(one.path) - depthOf(other.path) || one.rank - other.rank,
  )
  return [...base, ...inOrder.flatMap(({ words }) => words), '--chdir', cwd, '--']
}

function depthOf(path: string): number {
  return path.split('/').filter(Boolean).length
}

/** Whether a path is the other one or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`)
}
