import { execFile } from 'node:child_process'
import { readFile, readdir, readlink } from 'node:fs/promises'
import { promisify } from 'node:util'
import { numberedBelowUs, procFolder } from './own-numbers.ts'
import type { NumberedProcess } from './own-numbers.ts'

/** A process, told apart from a later one with the same id by when it started. */
export interface ProcessRow {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** Whether it has ended and only waits for its parent to notice. */
  readonly isZombie: boolean
  /** Comparable on one machine, until it starts again. */
  readonly startedAt: string
}

const isLinux = process.platform === 'linux'

export function listProcesses(): Promise<readonly ProcessRow[]> {
  return isLinux ? readProc() : askPs(['-A'])
}

export async function findProcess(pid: number): Promise<ProcessRow | undefined> {
  if (isLinux) {
    const numbered = await numberedBelowUs()
    const found = numbered?.find((one) => one.pid === pid)
    return numbered ? found && rowFrom(found) : rowOf(String(pid))
  }
  const [row] = await askPs(['-p', String(pid)])
  return row
}

/** Which start of which machine, and which of its sets of process ids, a process id belongs to. */
export async function findWorld(): Promise<{ readonly boot: string; readonly space: string }> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '')
  const space = await readlink('/proc/self/ns/pid').catch(() => '')
  return { boot: boot.trim(), space }
}

/** Whether a process was started with this variable; where the system does not tell, it was not. */
export async function wasStartedWith(pid: number, name: string, value: string): Promise<boolean> {
  const environment = await readFile(`${await procFolder(pid)}/environ`, 'latin1').catch(() => '')
  return `\0${environment}`.includes(`\0${name}=${value}\0`)
}

/** What the system calls it, for people. */
export async function commandOf(pid: number): Promise<string> {
  const name = await readFile(`${await procFolder(pid)}/comm`, 'utf8').catch(() => '')
  return name.trim() || `process ${pid}`
}

async function readProc(): Promise<readonly ProcessRow[]> {
  const numbered = await numberedBelowUs()
  if (numbered) return numbered.map(rowFrom)
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
  const rows = await Promise.all(pids.map(rowOf))
  return rows.filter((row) => row !== undefined)
}

function rowFrom({ pid, parent, group, state, startedAt }: NumberedProcess): ProcessRow {
  return { pid, parent, group, isZombie: state === 'Z' || state === 'X', startedAt }
}

async function rowOf(pid: string): Promise<ProcessRow | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  if (text === '') return undefined
  // The name before the last parenthesis may hold anything, also spaces; the fields count from there (proc(5)).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state = '', parent, group] = fields
  return {
    pid: Number(pid),
    parent: Number(parent),
    group: Number(group),
    isZombie: state === 'Z' || state === 'X',
    startedAt: fields[19] ?? '',
  }
}

async function askPs(which: readonly string[]): Promise<readonly ProcessRow[]> {
  const columns = ['-o', 'pid=,ppid=,pgid=,stat=,lstart=']
  // It exits with 1 when it finds none.
  const { stdout } = await promisify(execFile)('ps', [...which, ...columns], {
    env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
  }).catch(() => ({ stdout: '' }))
  return stdout.split('\n').flatMap(fromPs)
}

/** One line of `ps -o pid=,ppid=,pgid=,stat=,lstart=`. */
export function fromPs(line: string): readonly ProcessRow[] {
  const [pid, parent, group, state, ...startedAt] = line.trim().split(/\s+/)
  if (startedAt.length !== 5) return []
  return [
    {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      isZombie: state?.startsWith('Z') ?? false,
      startedAt: startedAt.join(' '),
    },
  ]
}
