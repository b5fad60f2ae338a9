import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { openGroupFolder } from './group-folder.ts'
import type { GroupFolder, GroupLimits } from './group-folder.ts'
import type { LimitKey, ResourceLimits } from './limits.ts'
import { candidatePlaces } from './places.ts'
import type { Controller, Place } from './places.ts'

/** A file into which a program writes 0 before it begins, and the limits that it is held to from then on. */
export interface Join {
  readonly file: string
  readonly keys: readonly LimitKey[]
}

/** The control groups of one tree. */
export interface TreeGroups {
  readonly joins: readonly Join[]
  /** The limit that the tree was stopped at, if any. */
  breached(): Promise<LimitKey | undefined>
  /** Ends what is left in them and removes them. */
  remove(): Promise<void>
}

export interface ControlGroups {
  /** Groups for what can be held here of these limits. */
  open(limits: ResourceLimits): Promise<TreeGroups>
  enforceable(): Promise<readonly LimitKey[]>
}

export interface ControlGroupsOptions {
  /** What the names of all groups begin with. */
  readonly prefix: string
  /** Told of a folder before a group is made in it. */
  readonly onPlace: (folder: string) => Promise<void>
}

const keys = { memory: 'memoryBytes', pids: 'processes' } as const
const controllers = ['memory', 'pids'] as const
const probeLimits: GroupLimits = { memory: 1024 ** 3, pids: 1024 }

export function createControlGroups({ prefix, onPlace }: ControlGroupsOptions): ControlGroups {
  const places = new Map<Controller, Promise<Place | undefined>>()
  let count = 0

  function nextName(): string {
    count += 1
    return prefix + count
  }

  function placeOf(controller: Controller): Promise<Place | undefined> {
    const known = places.get(controller) ?? findPlace(controller)
    places.set(controller, known)
    return known
  }

  async function findPlace(controller: Controller): Promise<Place | undefined> {
    for (const place of await placesToTry(controller)) {
      await onPlace(place.folder)
      if (await takesMembers(place, nextName(), controller)) return place
    }
    return undefined
  }

  return {
    async open(limits) {
      const opened: [GroupFolder, readonly LimitKey[]][] = []
      for (const [place, wanted] of await byPlace(limits, placeOf)) {
        // What cannot be held is told as such, and the program starts all the same.
        const folder = await openGroupFolder(place, nextName(), wanted).catch(() => undefined)
        const held = controllers.filter((controller) => wanted[controller])
        if (folder) opened.push([folder, held.map((controller) => keys[controller])])
      }
      return treeGroups(opened)
    },
    async enforceable() {
      const found = await Promise.all(controllers.map(placeOf))
      return controllers.filter((_, index) => found[index]).map((controller) => keys[controller])
    },
  }
}

async function placesToTry(controller: Controller): Promise<readonly Place[]> {
  const [groups = '', mounts = ''] = await Promise.all(
    ['/proc/self/cgroup', '/proc/self/mountinfo'].map((file) =>
      readFile(file, 'utf8').catch(() => ''),
    ),
  )
  return candidatePlaces(controller, groups, mounts)
}

/** Found out by doing it: the rights to make a group and to move a process there are not the same. */
async function takesMembers(place: Place, name: string, controller: Controller): Promise<boolean> {
  const limits = { [controller]: probeLimits[controller] }
  const probe = await openGroupFolder(place, name, limits).catch(() => undefined)
  if (!probe) return false
  const joins = promisify(execFile)('/bin/sh', ['-c', 'echo 0 >"$1"', 'sh', probe.joinFile])
  const isJoined = await joins.then(
    () => true,
    () => false,
  )
  return (await probe.remove()) && isJoined
}

/** With version 2, a process is in one group only: its limits belong in the same one. */
async function byPlace(
  limits: ResourceLimits,
  placeOf: (controller: Controller) => Promise<Place | undefined>,
): Promise<readonly (readonly [Place, GroupLimits])[]> {
  const wanted = new Map<string, readonly [Place, GroupLimits]>()
  for (const controller of controllers) {
    const limit = limits[keys[controller]]
    const place = limit === undefined ? undefined : await placeOf(controller)
    if (!place) continue
    const [, others = {}] = wanted.get(place.folder) ?? []
    wanted.set(place.folder, [place, { ...others, [controller]: limit }])
  }
  return [...wanted.values()]
}

function treeGroups(opened: readonly (readonly [GroupFolder, readonly LimitKey[]])[]): TreeGroups {
  const folders = opened.map(([folder]) => folder)
  return {
    joins: opened.map(([{ joinFile }, held]) => ({ file: joinFile, keys: held })),
    async breached() {
      const [controller] = (await Promise.all(folders.map((folder) => folder.breached()))).flat()
      return controller && keys[controller]
    },
    async remove() {
      await Promise.all(folders.map((folder) => folder.remove()))
    },
  }
}
