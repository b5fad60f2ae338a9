import { readdirSync, readFileSync } from 'node:fs'

/** What the processes of one subject have used, without the servers behind it. */
export interface Usage {
  readonly cpuUs: number
  readonly rssBytes: number
}

/** The title the bench's own MCP server gives itself, so that its cost is not the subject's. */
const serverTitle = 'bench-echo'
const tickUs = 10_000
const pageBytes = 4096

/** The process and everything below it, leaves last; servers and their children are left out. */
export function processTree(rootPid: number, withServers = false): readonly number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid)) continue
    const fields = statFields(pid)
    if (!fields) continue
    const parent = Number(fields[1])
    const siblings = children.get(parent)
    if (siblings) siblings.push(pid)
    else children.set(parent, [pid])
  }
  const tree = [rootPid]
  for (const pid of tree) {
    for (const child of children.get(pid) ?? []) {
      if (withServers || commandName(child) !== serverTitle) tree.push(child)
    }
  }
  return tree
}

/** utime + stime and resident memory of these processes; one that has ended counts nothing. */
export function usageOf(pids: readonly number[]): Usage {
  let ticks = 0
  let pages = 0
  for (const pid of pids) {
    const fields = statFields(pid)
    if (!fields) continue
    ticks += Number(fields[11]) + Number(fields[12])
    pages += Number(fields[21])
  }
  return { cpuUs: ticks * tickUs, rssBytes: pages * pageBytes }
}

/** What all processes together have used of one core. */
export function coreUsageUs(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readProc('/proc/stat') ?? '')?.[1]
  const [user, nice, system, , , irq, softirq] = (line ?? '').split(' ').map(Number)
  return tickUs * ((user ?? 0) + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (softirq ?? 0))
}

/** Fields of /proc/PID/stat from the state on: the name before may hold spaces. */
function statFields(pid: number): readonly string[] | undefined {
  const text = readProc(`/proc/${pid}/stat`)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

function commandName(pid: number): string | undefined {
  return readProc(`/proc/${pid}/comm`)?.trim()
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    // A process may end between listing and reading; anything else is a real fault.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}
