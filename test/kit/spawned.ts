import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

import { descendantsOf, survivorsOf, type ProcessMark } from './process-tree.ts'

export interface SpawnSpec {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** What the process prints, on either output, once it can be used. */
  readonly readyWhen: RegExp
  readonly readyTimeoutMs?: number
  readonly endTimeoutMs?: number
}

/** A running program; disposing of it ends it and fails if it, or anything it started, stays. */
export interface Spawned extends AsyncDisposable {
  readonly pid: number
  readonly ready: RegExpExecArray
  readonly stdout: () => string
  readonly stderr: () => string
  /** Writes to its standard input. */
  readonly write: (text: string) => void
  /** Settles when the process has exited. */
  readonly closed: Promise<void>
  /** How it exited. */
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

/** Starts a program in a process group of its own and waits for the line that says it is ready. */
export async function spawnUntilReady(spec: SpawnSpec): Promise<Spawned> {
  const { command, args, cwd, env, readyWhen, readyTimeoutMs = 30_000 } = spec
  const child = spawn(command, [...args], { cwd, env, detached: true, stdio: 'pipe' })
  await once(child, 'spawn')
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} has no process id`)

  const output = { stdout: '', stderr: '' }
  const exit = once(child, 'exit').then(([code, by]) => ({ code, signal: by }))
  const closed = exit.then(() => undefined)
  const found = Promise.withResolvers<RegExpExecArray>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
      const match = readyWhen.exec(output[name])
      if (match) found.resolve(match)
    })
  }
  const described = (): string => `${command} ${args.join(' ')}\n${output.stdout}${output.stderr}`
  const end = (): Promise<void> => endTree(pid, closed, spec)

  try {
    const ready = await Promise.race([
      found.promise,
      closed.then(() => Promise.reject(new Error(`Ended before it was ready: ${described()}`))),
      pause(readyTimeoutMs, undefined, { ref: false }).then(() =>
        Promise.reject(new Error(`Not ready after ${readyTimeoutMs} ms: ${described()}`)),
      ),
    ])
    return {
      pid,
      ready,
      closed,
      exit,
      stdout: () => output.stdout,
      stderr: () => output.stderr,
      write: (text) => void child.stdin.write(text),
      [Symbol.asyncDispose]: end,
    }
  } catch (cause) {
    await end()
    throw cause
  }
}

async function endTree(
  pid: number,
  closed: Promise<void>,
  { command, endTimeoutMs = 10_000 }: SpawnSpec,
): Promise<void> {
  const below = descendantsOf(pid)
  signal(pid, 'SIGTERM')
  const ended = await Promise.race([
    closed.then(() => true),
    pause(endTimeoutMs, false, { ref: false }),
  ])
  const left = await waitForEnd(below, ended ? 3000 : 0)
  signal(-pid, 'SIGKILL')
  for (const survivor of left) signal(survivor.pid, 'SIGKILL')
  await closed
  await waitForEnd(left, 3000)

  if (!ended) throw new Error(`${command} (${pid}) did not end within ${endTimeoutMs} ms`)
  if (left.length > 0) {
    const names = left.map((survivor) => `${survivor.pid} ${survivor.command}`)
    throw new Error(`${command} (${pid}) left running:\n${names.join('\n')}`)
  }
}

async function waitForEnd(
  marks: readonly ProcessMark[],
  withinMs: number,
): Promise<readonly ProcessMark[]> {
  const until = Date.now() + withinMs
  for (;;) {
    const left = survivorsOf(marks)
    if (left.length === 0 || Date.now() >= until) return left
    await pause(50)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause
  }
}
