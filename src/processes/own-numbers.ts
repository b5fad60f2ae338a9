import { readFile, readdir } from 'node:fs/promises'

/** A process by the number that it has for us, and where `/proc` shows it. */
export interface NumberedProcess {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly state: string
  readonly startedAt: string
  readonly folder: string
}

/**
 * Us and all below us, by our own numbers, where `/proc` shows those of a namespace around ours, as it does for a program
 * that another Gantry has started; undefined where it shows our own.
 */
export async function numberedBelowUs(): Promise<readonly NumberedProcess[] | undefined> {
  const ours = await statusOf('/proc/self')
  // One number for each namespace from that of `/proc` inwards (proc(5)).
  const depth = numbersIn(ours, 'NSpid').length - 1
  if (depth < 1) return undefined
  const found: NumberedProcess[] = []
  const outer = [numbersIn(ours, 'Pid')[0] ?? 0]
  for (const pid of outer) {
    const seen = await look(pid, depth)
    if (!seen) continue
    found.push(seen)
    outer.push(...(await outerChildrenOf(seen.folder)))
  }
  return found
}

/** Where `/proc` shows the process that has this number for us. */
export async function procFolder(pid: number): Promise<string> {
  const numbered = await numberedBelowUs()
  if (!numbered) return `/proc/${pid}`
  return numbered.find((one) => one.pid === pid)?.folder ?? '/proc/none'
}

/** The direct children of the process shown there, whichever thread started them, by the numbers shown there. */
export async function outerChildrenOf(folder: string): Promise<readonly number[]> {
  const threads = await readdir(`${folder}/task`).catch(() => [])
  const lists = await Promise.all(
    threads.map((thread) =>
      readFile(`${folder}/task/${thread}/children`, 'latin1').catch(() => ''),
    ),
  )
  return lists.flatMap((list) => list.split(' ').map(Number).filter(Boolean))
}

async function look(outer: number, depth: number): Promise<NumberedProcess | undefined> {
  const folder = `/proc/${outer}`
  const status = await statusOf(folder)
  const [parent = 0] = numbersIn(status, 'PPid')
  const at = (text: string, key: string) => numbersIn(text, key)[depth]
  const pid = at(status, 'NSpid')
  if (pid === undefined) return undefined
  const stat = await readFile(`${folder}/stat`, 'latin1').catch(() => '')
  const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  return {
    pid,
    parent: at(await statusOf(`/proc/${parent}`), 'NSpid') ?? 0,
    group: at(status, 'NSpgid') ?? 0,
    state: /^State:\s*(\S)/m.exec(status)?.[1] ?? '',
    startedAt,
    folder,
  }
}

function statusOf(folder: string): Promise<string> {
  return readFile(`${folder}/status`, 'latin1').catch(() => '')
}

function numbersIn(status: string, key: string): readonly number[] {
  const line = status.split('\n').find((one) => one.startsWith(`${key}:`)) ?? ''
  return line.split(/\s+/).slice(1).filter(Boolean).map(Number)
}
