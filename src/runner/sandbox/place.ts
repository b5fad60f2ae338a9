import { mkdir, stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'

import type { LlmProgram } from '../../contract/llm.ts'
import type { Environment } from '../../processes/environment.ts'
import { follow } from './links.ts'
import type { Followed } from './links.ts'
import { isWithin } from './mounts.ts'
import type { HiddenPath, Mounts } from './mounts.ts'
import { expandPaths, foldersOfPath, foldersOfProgram } from './program-folders.ts'

/** One start of a program. */
export interface SandboxedStart {
  readonly program: LlmProgram
  readonly env: Environment
  readonly cwd: string
  /** May it change files of the folder it works in? */
  readonly mayWrite: boolean
  /** The folder of the run, in which it may write where `writable` says. */
  readonly folder: string
  readonly writable: readonly string[]
}

/** Where what is nobody's business is: of other people, of other programs, and of this gateway. */
const nobodysBusiness = ['/home', '/root', '/run', '/tmp', '/var/tmp']
/** What every program needs of these. */
const needed = ['/etc/resolv.conf', '/run/current-system']

/** What one start of a program may see and change; `file` is what its command was found to be. */
export async function mountsFor(
  start: SandboxedStart,
  file: string,
  hide: readonly string[],
): Promise<Mounts> {
  const { program, env, cwd, folder, writable, mayWrite } = start
  const home = env['HOME'] === undefined ? [] : [env['HOME']]
  const hiding = await followAll([...nobodysBusiness, ...home, ...hide])
  const hidden = await hiddenPaths(hiding)
  const kept = expandPaths(program.sandbox.write, env)
  await makeFolders(kept)
  const found = await ownFolders(start, file, hidden)
  const read = await followAll([
    ...found,
    ...expandPaths(program.sandbox.read, env),
    ...needed,
    folder,
    cwd,
  ])
  const write = await followAll([...kept, ...writable, ...(mayWrite ? [cwd] : [])])
  return shownOnly({ hidden, read, write, followed: [...hiding, ...read, ...write] })
}

/** Where it is itself. A program in the middle of a home folder must not bring all of that with it. */
async function ownFolders(
  { program, env }: SandboxedStart,
  file: string,
  hidden: readonly HiddenPath[],
): Promise<readonly string[]> {
  const real = (await follow(file))?.real ?? file
  const found = [
    ...foldersOfProgram(file, real),
    ...foldersOfPath(env),
    ...program.command.filter((part) => isAbsolute(part)),
  ]
  const places = await Promise.all(
    found.map(async (path) => ({ path, real: (await follow(path))?.real ?? path })),
  )
  return places
    .filter((place) => !hidden.some(({ path }) => isWithin(path, place.real)))
    .map(({ path }) => path)
}

async function followAll(paths: readonly string[]): Promise<readonly Followed[]> {
  const followed = await Promise.all([...new Set(paths)].map(follow))
  return followed.filter((one) => one !== undefined)
}

async function hiddenPaths(followed: readonly Followed[]): Promise<readonly HiddenPath[]> {
  const reals = new Set(followed.map(({ real }) => real))
  reals.delete('/')
  return Promise.all(
    Array.from(reals, async (path) => ({ path, isFolder: (await stat(path)).isDirectory() })),
  )
}

interface Followings {
  readonly hidden: readonly HiddenPath[]
  readonly read: readonly Followed[]
  readonly write: readonly Followed[]
  readonly followed: readonly Followed[]
}

/** What has to be put back. What is not hidden can be read anyway, and what lies in a folder comes with it. */
function shownOnly({ hidden, followed, ...places }: Followings): Mounts {
  const folders = hidden.map(({ path }) => path)
  const isHidden = (path: string) => folders.some((folder) => isWithin(path, folder))
  const write = [...new Set(places.write.map(({ real }) => real))]
  const read = [...new Set(places.read.map(({ real }) => real))].filter(isHidden)
  const links = new Map(
    followed.flatMap((one) => one.links).map((link) => [link.path, link] as const),
  )

  /** Something hidden may lie between a folder that is shown and what lies in it. */
  const covers = (folder: string, path: string) =>
    folder !== path &&
    isWithin(path, folder) &&
    !folders.some((one) => one !== folder && isWithin(path, one) && isWithin(one, folder))
  const isBare = (path: string, shown: readonly string[]) =>
    !shown.some((folder) => covers(folder, path))

  const all = [...read, ...write]
  return {
    hidden,
    read: read.filter((path) => isBare(path, all)),
    write: write.filter((path) => isBare(path, write)),
    links: [...links.values()].filter(({ path }) => isHidden(path) && isBare(path, all)),
  }
}

/** A path that ends with "/" is a folder which the program would make itself. */
async function makeFolders(paths: readonly string[]): Promise<void> {
  const folders = paths.filter((path) => path.endsWith('/'))
  await Promise.all(
    // One that cannot be made is not there, which the program says best.
    folders.map((path) => mkdir(path, { recursive: true, mode: 0o700 }).catch(() => undefined)),
  )
}
