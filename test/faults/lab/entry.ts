import { randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { bareEnvironment } from '../../kit/bare-environment.ts'
import { processesWith, type ProcessMark } from '../../kit/process-tree.ts'
import { spawnUntilReady, type Spawned } from '../../kit/spawned.ts'
import { createTempFolder } from '../../kit/temp-folder.ts'
import { readExecutions, type Execution } from './history/executions.ts'
import type { Manners } from './server/manners.ts'
import type { Step } from './steps/steps.ts'

const main = resolve(import.meta.dirname, 'fault-server.ts')

/** A server that does wrong what it is told to do wrong. */
export interface FaultServer extends AsyncDisposable {
  /** Its entry in a gateway's configuration. */
  readonly entry: Readonly<Record<string, unknown>>
  /** From now on it behaves so, as does every process that is started later. */
  become(manners: Manners): Promise<void>
  /** Every process of it that runs now does these steps, once. */
  run(...steps: readonly Step[]): Promise<void>
  /** What it has run, in all its processes so far. */
  executions(): readonly Execution[]
  /** How often it has run the call with this `callId`. */
  executionsOf(callId: string): number
  /** Its processes, whoever started them. */
  processes(): readonly ProcessMark[]
}

export interface FaultOptions {
  readonly manners?: Manners
  /** Its name in the log of executions. */
  readonly name?: string
  /** A log of executions that it shares with others. */
  readonly log?: string
  /** Further members of its entry. */
  readonly entry?: Readonly<Record<string, unknown>>
}

/** A fault server that a gateway starts as its child. */
export async function createStdioFault(options: FaultOptions = {}): Promise<FaultServer> {
  const { args, env, ...server } = await createFault(options)
  const entry = { command: process.execPath, args, env, ...options.entry }
  return { ...server, entry }
}

/** A fault server as a process of its own. */
export interface HttpFaultServer extends FaultServer {
  readonly url: string
  readonly port: number
  pid(): number
  stderr(): string
  /** Ends it by this signal and waits until it has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same port. */
  start(): Promise<void>
}

export async function startHttpFault(options: FaultOptions = {}): Promise<HttpFaultServer> {
  await using undo = new AsyncDisposableStack()
  const { args, env, folder, ...server } = await createFault(options)
  undo.use(server)
  const spawned = (port: number): Promise<Spawned> =>
    spawnUntilReady({
      command: process.execPath,
      args: [...args, '--transport', 'http', '--port', String(port)],
      cwd: folder,
      env: { ...bareEnvironment(folder), ...env },
      readyWhen: /listening on port (\d+)/,
    })
  let running = await spawned(0)
  undo.defer(() => running[Symbol.asyncDispose]())
  const port = Number(running.ready[1])
  const url = `http://127.0.0.1:${port}/mcp`

  const cleanup = undo.move()
  return {
    ...server,
    entry: { url, ...options.entry },
    url,
    port,
    pid: () => running.pid,
    stderr: () => running.stderr(),
    async kill(signal = 'SIGKILL') {
      process.kill(running.pid, signal)
      await running.closed
    },
    async start() {
      await running[Symbol.asyncDispose]()
      running = await spawned(port)
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

interface Fault extends Omit<FaultServer, 'entry'> {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
}

async function createFault({ manners = {}, name = 'fault', log }: FaultOptions): Promise<Fault> {
  await using undo = new AsyncDisposableStack()
  const folder = undo.use(await createTempFolder()).path
  const mark = randomUUID()
  // A folder of its own: the server watches it.
  const control = join(folder, 'control')
  await mkdir(control)
  const executionsFile = log ?? join(folder, 'executions')
  await writeFile(executionsFile, '', { flag: 'a' })

  let now = manners
  let command: Manners['command'] = { number: 0, steps: [] }
  let writing: Promise<void> = Promise.resolve()
  const write = (): Promise<void> => {
    const text = JSON.stringify({ ...now, command })
    writing = writing.then(async () => {
      await writeFile(join(control, 'next'), text)
      await rename(join(control, 'next'), join(control, 'manners.json'))
    })
    return writing
  }
  await write()

  const cleanup = undo.move()
  return {
    folder,
    args: [main, '--control', join(control, 'manners.json'), '--name', name, '--mark', mark],
    env: { FAULT_EXECUTIONS: executionsFile },
    become(next) {
      now = next
      return write()
    },
    run(...steps) {
      command = { number: (command?.number ?? 0) + 1, steps }
      return write()
    },
    executions: () => readExecutions(executionsFile).filter(({ server }) => server === name),
    executionsOf: (callId) =>
      readExecutions(executionsFile).filter((one) => one.callId === callId).length,
    processes: () =>
      processesWith(mark).filter((one) => /^\S*node \S+fault-server\.ts/.test(one.command)),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}
