import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { signalProcess } from '../group.ts'
import type { Controller, Place } from './places.ts'

const emptyMs = 2000
const lookMs = 5

interface Files {
  readonly limit: string
  /** Written where they are there: without them a program would swap where it is to end. */
  readonly besides: (value: number) => Readonly<Record<string, string>>
  /** Where breaches are counted, and under which name. */
  readonly events: readonly [file: string, name: string]
}

const pids: Files = { limit: 'pids.max', besides: () => ({}), events: ['pids.events', 'max'] }
const files: Readonly<Record<Controller, Readonly<Record<Place['version'], Files>>>> = {
  memory: {
    1: {
      limit: 'memory.limit_in_bytes',
      besides: (bytes) => ({ 'memory.memsw.limit_in_bytes': String(bytes) }),
      events: ['memory.oom_control', 'oom_kill'],
    },
    2: {
      limit: 'memory.max',
      besides: () => ({ 'memory.swap.max': '0', 'memory.oom.group': '1' }),
      events: ['memory.events', 'oom_kill'],
    },
  },
  pids: { 1: pids, 2: pids },
}

/** A control group whose members together get so much and no more. */
export interface GroupFolder {
  /** A process that writes 0 to it joins the group, and all that it starts with it. */
  readonly joinFile: string
  /** The controllers whose limits its members wanted to go beyond. */
  breached(): Promise<readonly Controller[]>
  remove(): Promise<boolean>
}

export type GroupLimits = Readonly<Partial<Record<Controller, number>>>

/** Makes the group, or rejects where the system does not allow one with these limits. */
export async function openGroupFolder(
  { version, folder }: Place,
  name: string,
  limits: GroupLimits,
): Promise<GroupFolder> {
  const path = join(folder, name)
  const held = (['memory', 'pids'] as const).filter((controller) => limits[controller])
  if (version === 2) for (const controller of held) await offer(folder, controller)
  await mkdir(path)
  try {
    for (const controller of held)
      await setLimit(path, files[controller][version], limits[controller] ?? 0)
  } catch (error) {
    await rmdir(path)
    throw error
  }
  const isBreached = async (controller: Controller) =>
    (await countIn(path, files[controller][version])) > 0
  return {
    joinFile: join(path, 'cgroup.procs'),
    async breached() {
      const answers = await Promise.all(held.map(isBreached))
      return held.filter((_, index) => answers[index])
    },
    remove: () => removeGroup(path),
  }
}

async function setLimit(path: string, { limit, besides }: Files, value: number): Promise<void> {
  await writeFile(join(path, limit), String(value), { flag: 'r+' })
  for (const [file, text] of Object.entries(besides(value))) await writeIfThere(path, file, text)
}

async function countIn(path: string, { events: [file, name] }: Files): Promise<number> {
  const text = await readFile(join(path, file), 'latin1').catch(() => '')
  const [, count = '0'] = new RegExp(`^${name} (\\d+)$`, 'm').exec(text) ?? []
  return Number(count)
}

/** The control groups in a folder whose names begin like this. */
export async function findGroups(folder: string, prefix: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(prefix))
    .map(({ name }) => join(folder, name))
}

export async function membersOf(path: string): Promise<readonly number[]> {
  const text = await readFile(join(path, 'cgroup.procs'), 'latin1').catch(() => '')
  // A process that cannot be seen from here is told as 0, which would mean ourselves to kill(2).
  return text
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 1)
}

/** Ends what is left in a group and removes it; whether that worked. */
export async function removeGroup(path: string): Promise<boolean> {
  const deadline = performance.now() + emptyMs
  for (let isFirst = true; !(await isRemoved(path)); isFirst = false) {
    if (performance.now() > deadline) return false
    if (isFirst) await writeIfThere(path, 'pids.max', '0')
    if (isFirst) await writeIfThere(path, 'cgroup.kill', '1')
    for (const pid of await membersOf(path)) signalProcess(pid, 'SIGKILL')
    await delay(lookMs)
  }
  return true
}

async function isRemoved(path: string): Promise<boolean> {
  return rmdir(path).then(
    () => true,
    (error) => error instanceof Error && 'code' in error && error.code === 'ENOENT',
  )
}

/** A controller is there for the groups in a folder when the folder says so. */
async function offer(folder: string, controller: Controller): Promise<void> {
  const file = join(folder, 'cgroup.subtree_control')
  const offered = await readFile(file, 'latin1')
  if (!offered.trim().split(' ').includes(controller)) await writeFile(file, `+${controller}`)
}

async function writeIfThere(path: string, file: string, value: string): Promise<void> {
  // Which of these files there are differs from kernel to kernel.
  await writeFile(join(path, file), value, { flag: 'r+' }).catch(() => undefined)
}
