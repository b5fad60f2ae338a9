import type { ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Containment } from './containment.ts'
import { endTree } from './end-tree.ts'
import { signalGroup } from './group.ts'
import type { TreeHold } from './limits/tree-hold.ts'
import { createStallClock, fallsSilent, stopWhenBroken } from './pipe-faults.ts'
import { createStderrRing } from './stderr-ring.ts'

export interface ChildExit {
  readonly code: number | null
  readonly signal: string | null
  /** Why, when it went beyond what it may use. */
  readonly reason?: string
}

/** A running program and everything it starts. */
export interface ChildTree extends AsyncDisposable {
  readonly name: string
  /** The process group: `kill -- -PID` reaches the whole tree. */
  readonly pid: number
  readonly stdin: Writable
  /** Ends while `exited` is still open when a program closes its output but goes on. */
  readonly stdout: Readable
  /** The last lines it wrote to stderr, and those that were noted, safe to print. */
  stderrTail(lines?: number): readonly string[]
  /** Keeps a line of its output that nobody else can use. */
  note(line: Buffer): void
  /** How long bytes have waited that it does not read, as far as one knows who asks every now and then. */
  stdinStalledMs(now: number): number
  /** Settles when its output has been closed for a second and it still runs; never otherwise. */
  readonly silent: Promise<void>
  readonly exited: Promise<ChildExit>
  /** Settles after `exited`, once its output is read to the end or 250 ms have passed. */
  readonly closed: Promise<ChildExit>
  /** Settles when no process of the tree is left, whoever ended it. */
  readonly gone: Promise<ChildExit>
  /** The limits that were asked for and that it is not held to here. */
  readonly unenforced: readonly string[]
  /** Ends its input, waits, then ends the tree; resolves when nothing of it is left. */
  stop(graceMs?: number): Promise<void>
}

export interface StopTimes {
  /** From the end of its input to SIGTERM. */
  readonly graceMs: number
  /** From SIGTERM to SIGKILL. */
  readonly termMs: number
}

export const stopTimes: StopTimes = { graceMs: 2000, termMs: 3000 }

/** Pipes can be held open for ever by a process that got away. */
const drainMs = 250
const breachLookMs = 250

export interface StartedChild {
  readonly name: string
  readonly pid: number
  readonly process: ChildProcess
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly containment: Containment['kind']
}

/** A tree before it is known what it can be held to. */
export type WatchedTree = Omit<ChildTree, 'unenforced'>

export interface TreeWatch {
  readonly times: StopTimes
  readonly hold: TreeHold | undefined
  readonly onStderr: ((line: string) => void) | undefined
}

/** Watches a process that was just started until nothing of its tree is left. */
export function watchTree(child: StartedChild, watch: TreeWatch): WatchedTree {
  const { times, hold } = watch
  const ring = createStderrRing(watch.onStderr)
  child.stderr.on('data', ring.push)
  const exited = exitOf(child.process, hold)
  const closed = closedOf(child, exited)
  const ended = Promise.withResolvers<void>()
  let isEnding = false
  let stopping: Promise<void> | undefined

  function end(): void {
    if (isEnding) return
    isEnding = true
    ended.resolve(endAll(child, hold, times.termMs))
  }

  async function stopTree(graceMs: number): Promise<void> {
    child.stdin.end()
    await Promise.race([exited, delay(graceMs, undefined, { ref: false })])
    end()
    await gone
  }

  function stop(graceMs = times.graceMs): Promise<void> {
    stopping ??= stopTree(graceMs)
    return stopping
  }

  void closed.then(ring.end)
  // Whoever ended the program, what it started ends with it.
  void exited.then(end)
  const gone = Promise.all([closed, ended.promise]).then(([exit]) => exit)
  stopWhenBroken(child, stop)
  const silent = fallsSilent(child, exited, stop)
  if (hold) endWhenBreached(child, hold, gone)
  const { name, pid, stdin, stdout } = child
  return {
    name,
    pid,
    stdin,
    stdout,
    exited,
    closed,
    gone,
    stop,
    silent,
    stdinStalledMs: createStallClock(stdin),
    stderrTail: ring.tail,
    note: ring.note,
    [Symbol.asyncDispose]: () => stop(),
  }
}

async function endAll(
  child: StartedChild,
  hold: TreeHold | undefined,
  termMs: number,
): Promise<void> {
  await endTree(child.pid, child.containment, termMs)
  await hold?.release()
}

/** The system may have ended one process of the tree, or only refused it more; what is left would limp on. */
function endWhenBreached({ pid }: StartedChild, hold: TreeHold, gone: Promise<unknown>): void {
  const look = async () => {
    if (await hold.isBreached(pid)) signalGroup(pid, 'SIGKILL')
  }
  const timer = setInterval(() => void look(), breachLookMs).unref()
  void gone.then(() => clearInterval(timer))
}

async function exitOf(process: ChildProcess, hold: TreeHold | undefined): Promise<ChildExit> {
  const exit = await new Promise<ChildExit>((resolve) => {
    process.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const reason = await hold?.reasonOf(exit.signal)
  return reason === undefined ? exit : { ...exit, reason }
}

async function closedOf(child: StartedChild, exited: Promise<ChildExit>): Promise<ChildExit> {
  const { process, stdin, stdout, stderr } = child
  const drained = new Promise((resolve) => process.once('close', resolve))
  const exit = await exited
  await Promise.race([drained, delay(drainMs, undefined, { ref: false })])
  for (const pipe of [stdin, stdout, stderr]) pipe.destroy()
  return exit
}
