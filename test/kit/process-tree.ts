import { execFileSync } from 'node:child_process'

/** A process, told apart from a later one with the same id by when it started. */
export interface ProcessMark {
  readonly pid: number
  readonly startedAt: string
  readonly command: string
}

interface ProcessRow extends ProcessMark {
  readonly parentPid: number
}

/** Every process below `pid`, however deep, and in whatever process group. */
export function descendantsOf(pid: number): readonly ProcessMark[] {
  const rows = listProcesses()
  const found: ProcessRow[] = []
  const parents = [pid]
  for (const parent of parents) {
    const children = rows.filter(({ parentPid }) => parentPid === parent)
    found.push(...children)
    parents.push(...children.map((child) => child.pid))
  }
  return found
}

/** Those of `marks` that still run. */
export function survivorsOf(marks: readonly ProcessMark[]): readonly ProcessMark[] {
  const running = new Set(listProcesses().map(({ pid, startedAt }) => `${pid} ${startedAt}`))
  return marks.filter(({ pid, startedAt }) => running.has(`${pid} ${startedAt}`))
}

/** Every process that has `mark` in its command line, whoever its parent is now. */
export function processesWith(mark: string): readonly ProcessMark[] {
  return listProcesses().filter(({ command }) => command.includes(mark))
}

function listProcesses(): readonly ProcessRow[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,lstart=,args='], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  return table.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line)
    const [, pid, parentPid, state, startedAt = '', command = ''] = match ?? []
    // A zombie has ended; only its parent has not asked yet.
    if (!match || state?.startsWith('Z')) return []
    return [{ pid: Number(pid), parentPid: Number(parentPid), startedAt, command }]
  })
}
