import { readFile, readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { numberedBelowUs, outerChildrenOf } from './own-numbers.ts'

/** Sends a signal to every member of a process group; one that is gone or not ours is no error. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  signalProcess(-group, signal)
}

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!isGoneOrForeign(error)) throw error
  }
}

/** Whether the group is without a living member before the time is over. */
export async function isGroupGoneWithin(group: number, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 200)) {
    // Reading all of /proc is for the rare group whose zombies nobody collects.
    if (isGroupEmpty(group) || (pauseMs > 50 && (await hasOnlyZombies(group)))) return true
    const leftMs = deadline - performance.now()
    if (leftMs <= 0) return false
    await delay(Math.min(pauseMs, leftMs))
  }
}

/** The direct children of a process, whichever thread started them, where the kernel tells. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const numbered = await numberedBelowUs()
  if (!numbered) return outerChildrenOf(`/proc/${pid}`)
  return numbered.filter(({ parent }) => parent === pid).map((child) => child.pid)
}

function isGroupEmpty(group: number): boolean {
  try {
    process.kill(-group, 0)
    return false
  } catch (error) {
    return errorCode(error) === 'ESRCH'
  }
}

async function hasOnlyZombies(group: number): Promise<boolean> {
  const numbered = await numberedBelowUs()
  if (numbered) return numbered.every((one) => one.group !== group || isOver(one.state))
  const entries = await readdir('/proc').catch(() => [])
  const pids = entries.filter((entry) => /^\d+$/.test(entry))
  if (pids.length === 0) return false
  const states = await Promise.all(pids.map((pid) => stateIfMember(pid, group)))
  return states.every((state) => state === undefined || isOver(state))
}

const isOver = (state: string) => state === 'Z' || state === 'X'

async function stateIfMember(pid: string, group: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  // The name before the last parenthesis may hold anything, also spaces.
  const [state, , memberOf] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return Number(memberOf) === group ? state : undefined
}

const isGoneOrForeign = (error: unknown) => ['ESRCH', 'EPERM'].includes(errorCode(error) ?? '')

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
