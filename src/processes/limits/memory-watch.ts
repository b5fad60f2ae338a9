import { readFile } from 'node:fs/promises'
import { childrenOf } from '../group.ts'
import { procFolder } from '../own-numbers.ts'

/** Where no control group holds a tree, its memory is looked at every now and then: possible on Linux. */
export const canWatchMemory = process.platform === 'linux'

/** What a process and everything below it hold in memory for themselves alone, files left out. */
export async function memoryOfTree(pid: number): Promise<number> {
  const [own, children] = await Promise.all([memoryOf(pid), childrenOf(pid)])
  const below = await Promise.all(children.map(memoryOfTree))
  return below.reduce((sum, bytes) => sum + bytes, own)
}

async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`${await procFolder(pid)}/status`, 'latin1').catch(() => '')
  const sizes = [...status.matchAll(/^Rss(?:Anon|Shmem):\s*(\d+) kB$/gm)]
  return sizes.reduce((sum, [, kibibytes]) => sum + Number(kibibytes) * 1024, 0)
}
