import { readFile } from 'node:fs/promises'
import type { Containment } from './containment.ts'
import { procFolder } from './own-numbers.ts'
import { childrenOf, isGroupGoneWithin, signalGroup, signalProcess } from './group.ts'

const killMs = 2000
const lookMs = 100

/** Ends every process of a group: SIGTERM, time to obey, SIGKILL, and a look that nothing is left. */
export async function endTree(
  group: number,
  kind: Containment['kind'],
  termMs: number,
): Promise<void> {
  if (await isGroupGoneWithin(group, 0)) return
  signalGroup(group, 'SIGTERM')
  if (await obeys(group, kind, termMs)) return
  if (kind === 'namespace' && (await hasKilledFirst(group))) return
  signalGroup(group, 'SIGKILL')
  await isGroupGoneWithin(group, killMs)
}

async function obeys(group: number, kind: Containment['kind'], termMs: number): Promise<boolean> {
  if (kind === 'guardian') return isGroupGoneWithin(group, termMs)
  for (let leftMs = termMs; leftMs > 0; leftMs -= lookMs) {
    if (await isGroupGoneWithin(group, Math.min(lookMs, leftMs))) return true
    if (await isDeaf(group)) return false
  }
  return false
}

/**
 * The first process of a namespace does not even notice a SIGTERM that it has no handler for, where it would have died
 * of it outside. When it is alone, waiting for it is in vain.
 */
async function isDeaf(opener: number): Promise<boolean> {
  const [first] = await childrenOf(opener)
  if (first === undefined || (await childrenOf(first)).length > 0) return false
  const status = await readFile(`${await procFolder(first)}/status`, 'latin1').catch(() => '')
  return hasTerm(status, 'SigCgt') === false && hasTerm(status, 'SigBlk') === false
}

function hasTerm(status: string, set: 'SigCgt' | 'SigBlk'): boolean | undefined {
  const [, mask] = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(status) ?? []
  return mask === undefined ? undefined : ((BigInt(`0x${mask}`) >> 14n) & 1n) === 1n
}

/** Killing the first process and leaving its parent to collect it leaves no zombie where init collects none. */
async function hasKilledFirst(opener: number): Promise<boolean> {
  const children = await childrenOf(opener)
  for (const pid of children) signalProcess(pid, 'SIGKILL')
  return children.length > 0 && (await isGroupGoneWithin(opener, killMs / 2))
}
