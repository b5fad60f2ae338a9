import { readdir, readlink } from 'node:fs/promises'
import { childrenOf } from './group.ts'
import { procFolder } from './own-numbers.ts'

/** The pipes of a program as their numbers are to it. */
export type PipeEnd = 0 | 1

const lookMs = 1000

/**
 * Tells that no process of a namespace has a pipe open any more, once it was so for a second. The process that opened
 * the namespace keeps its own copies, so the end of a pipe never reaches us by itself.
 */
export function watchNamespacePipes(
  opener: number,
  gone: Promise<unknown>,
  onClosed: (pipe: PipeEnd) => void,
): void {
  const closedBefore = new Set<PipeEnd>()
  const told = new Set<PipeEnd>()
  let isOver = false
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    for (const pipe of [0, 1] as const) {
      if (told.has(pipe)) continue
      if (!(await isClosed(opener, pipe))) closedBefore.delete(pipe)
      else if (isOver) return
      else if (!closedBefore.has(pipe)) closedBefore.add(pipe)
      else {
        told.add(pipe)
        onClosed(pipe)
      }
    }
    lookLater()
  }

  function lookLater(): void {
    if (!isOver) timer = setTimeout(() => void look(), lookMs).unref()
  }

  lookLater()
  void gone.then(() => {
    isOver = true
    clearTimeout(timer)
  })
}

async function isClosed(opener: number, pipe: PipeEnd): Promise<boolean> {
  const [end, [first]] = await Promise.all([linkOf(opener, String(pipe)), childrenOf(opener)])
  if (end === undefined || first === undefined) return false
  // Nearly always the program itself has it, at its place.
  if ((await linkOf(first, String(pipe))) === end) return false
  return !(await isHeldBelow(first, end))
}

/** Whether a process or anything it started has it open; where that may not be seen, it is taken to be. */
async function isHeldBelow(pid: number, end: string): Promise<boolean> {
  const descriptors = await readdir(`${await procFolder(pid)}/fd`).catch((error) =>
    isGone(error) ? [] : undefined,
  )
  if (!descriptors) return true
  const ends = await Promise.all(descriptors.map((descriptor) => linkOf(pid, descriptor)))
  if (ends.includes(end)) return true
  for (const child of await childrenOf(pid)) if (await isHeldBelow(child, end)) return true
  return false
}

async function linkOf(pid: number, descriptor: string): Promise<string | undefined> {
  return readlink(`${await procFolder(pid)}/fd/${descriptor}`).catch(() => undefined)
}

const isGone = (error: unknown) =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')
