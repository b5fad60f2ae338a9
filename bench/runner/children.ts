import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { processTree } from '../process-tree.ts'

/** Who runs where: the subject has a core of its own, load and server share the other. */
export type Role = 'subject' | 'rest'

export interface StartOptions {
  readonly role: Role
  readonly env?: Readonly<Record<string, string>>
  readonly ipc?: boolean
}

export interface Started {
  readonly process: ChildProcess
  readonly pid: number
  /** What it has printed so far, the last part of it. */
  readonly output: () => string
}

/** Everything one run starts and writes, ended and removed together. */
export interface Children extends AsyncDisposable {
  readonly tempDir: string
  readonly isPinned: boolean
  /** The command that runs `argv` on the role's core; as it is where nothing can be pinned. */
  pinned(role: Role, argv: readonly string[]): readonly string[]
  start(argv: readonly string[], options: StartOptions): Started
  /** How it ended, when it has. */
  fateOf(pid: number): string | undefined
  stop(pid: number, graceMs?: number): Promise<void>
}

const defaultGraceMs = 3000
const keptOutput = 4000

export function openChildren(): Children {
  const tempDir = mkdtempSync(path.join(os.tmpdir(), 'gantry-bench-'))
  const taskset = spawnSync('sh', ['-c', 'command -v taskset'], { encoding: 'utf8' }).stdout.trim()
  const isPinned = taskset !== '' && os.availableParallelism() > 1
  const roots = new Map<number, Started>()
  // The runner itself stays off the subject's core.
  if (isPinned) spawnSync(taskset, ['-acp', '1', String(process.pid)], { stdio: 'ignore' })

  const pinned = (role: Role, argv: readonly string[]): readonly string[] =>
    isPinned ? [taskset, '-c', role === 'subject' ? '0' : '1', ...argv] : argv

  return {
    tempDir,
    isPinned,
    pinned,
    start(argv, { role, env, ipc = false }) {
      const [command = '', ...args] = pinned(role, argv)
      const child = spawn(command, args, {
        env: subjectEnv(tempDir, env),
        stdio: ipc ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
      })
      const { pid } = child
      if (pid === undefined) throw new Error(`could not start ${argv.join(' ')}`)
      let output = ''
      const keep = (chunk: Buffer): void => {
        output = (output + chunk.toString('utf8')).slice(-keptOutput)
      }
      child.stdout?.on('data', keep)
      child.stderr?.on('data', keep)
      const started = { process: child, pid, output: () => output }
      roots.set(pid, started)
      return started
    },
    fateOf(pid) {
      const started = roots.get(pid)
      return started && fate(started)
    },
    async stop(pid, graceMs = defaultGraceMs) {
      await end([pid], graceMs)
      roots.delete(pid)
    },
    async [Symbol.asyncDispose]() {
      await end([...roots.keys()], defaultGraceMs)
      roots.clear()
      rmSync(tempDir, { recursive: true, force: true })
    },
  }
}

/** Asks politely first: a parent that ends by itself leaves no child behind. */
async function end(pids: readonly number[], graceMs: number): Promise<void> {
  const trees = pids.flatMap((pid) => processTree(pid, true))
  signal(pids, 'SIGTERM')
  const deadline = performance.now() + graceMs
  while (pids.some(isAlive) && performance.now() < deadline) await sleep(10)
  signal(trees, 'SIGKILL')
  while (pids.some(isAlive) && performance.now() < deadline + graceMs) await sleep(10)
}

/** Nothing of the caller's own configuration reaches a subject; what it writes goes to `tempDir`. */
export function subjectEnv(
  tempDir: string,
  extra: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    HOME: tempDir,
    XDG_STATE_HOME: path.join(tempDir, 'state'),
    XDG_CONFIG_HOME: path.join(tempDir, 'config'),
    MCP_REMOTE_CONFIG_DIR: path.join(tempDir, 'mcp-remote'),
    NODE_ENV: 'production',
    ...extra,
  }
}

export async function freePort(): Promise<number> {
  const probe = net.createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

/** Waits until something listens; gives the time it took. */
export async function untilListening(
  port: number,
  started: Started,
  limitMs = 15_000,
): Promise<number> {
  const from = performance.now()
  for (;;) {
    if (await canConnect(port)) return performance.now() - from
    const ended = fate(started)
    if (ended !== undefined) throw new Error(ended)
    if (performance.now() - from > limitMs) {
      throw new Error(`not listening after ${limitMs} ms: ${started.output().trim()}`)
    }
    await sleep(1)
  }
}

function fate({ process: { exitCode, signalCode }, output }: Started): string | undefined {
  if (exitCode === null && signalCode === null) return undefined
  const how = exitCode === null ? `was ended by ${signalCode}` : `ended with code ${exitCode}`
  return `${how}: ${output().trim()}`
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code !== 'ESRCH') throw error
    }
  }
}
