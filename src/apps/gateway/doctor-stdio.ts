import { randomUUID } from 'node:crypto'

import type { StdioServerConfig } from '../../contract/config.ts'
import type { ConnectUpstream, Upstream } from '../../core/routing/upstream.ts'
import type { ChildTree } from '../../processes/child-tree.ts'
import { resolveCommand } from '../../processes/command.ts'
import { childEnvironment } from '../../processes/environment.ts'
import { reapInstance } from '../../processes/ledger/sweep.ts'
import { createProcesses } from '../../processes/processes.ts'
import type { Processes } from '../../processes/processes.ts'
import { connectStdio } from '../../upstreams/stdio/connect.ts'
import type { StdioUpstreamDeps } from '../../upstreams/stdio/connect.ts'
import { baseEnvironment } from './base-environment.ts'
import { remedyOf } from './doctor-steps.ts'
import type { Steps } from './doctor-steps.ts'
import { stateFolder } from './state-folder.ts'

const shownLines = 20

/** A program of its own for the examination, beside the one a running gateway may have. */
export interface Patient extends AsyncDisposable {
  readonly connect: ConnectUpstream
  readonly printed: () => readonly string[]
  /** What it printed where only messages belong. */
  readonly stray: () => readonly string[]
  stop(upstream: Upstream): Promise<void>
}

export async function admitProgram(
  config: StdioServerConfig,
  deps: Omit<StdioUpstreamDeps, 'spawn'>,
  steps: Steps,
): Promise<Patient> {
  const instance = randomUUID()
  const baseEnv = baseEnvironment(process.env)
  const ledgerFolder = stateFolder('instances')
  await using undo = new AsyncDisposableStack()
  const processes = undo.use(createProcesses({ baseEnv, ledgerFolder, instance }))
  const children: ChildTree[] = []
  const stray: string[] = []
  const { name, command, cwd } = config
  await steps.take({
    step: 'command',
    work: () => resolveCommand({ command, env: childEnvironment(config.env, baseEnv), cwd }),
    describe: (file) => file,
    advise: (error) => remedyOf(error) ?? `Correct \`servers.${name}.command\`.`,
  })
  await steps.take({
    step: 'containment',
    work: () => processes.containment(),
    describe: ({ kind }) => containmentTexts[kind],
    advise: () => 'Report this; the program is not started.',
  })

  const spawn = async (one: StdioServerConfig) => {
    const isFirst = children.length === 0
    const child = noting(await startProgram(one, { processes, steps, isFirst }), stray)
    children.push(child)
    return child
  }
  const ownership = undo.move()
  return {
    connect: connectStdio(config, { ...deps, spawn }),
    printed: () => children.at(-1)?.stderrTail(shownLines) ?? [],
    stray: () => stray,
    stop: (upstream) => stopProgram(upstream, { children, instance, steps }),
    [Symbol.asyncDispose]: () => ownership.disposeAsync(),
  }
}

export const containmentTexts = {
  namespace: 'a process namespace of its own: all of it ends with the gateway, whatever happens',
  guardian:
    'a watcher ends its process group with the gateway; what leaves the group is swept later',
} as const

interface Starting {
  readonly processes: Processes
  readonly steps: Steps
  readonly isFirst: boolean
}

async function startProgram(
  { name, command, args, env, cwd, limits }: StdioServerConfig,
  { processes, steps, isFirst }: Starting,
): Promise<ChildTree> {
  const spec = { name, command, args, env, limits, ...(cwd !== undefined && { cwd }) }
  const child = await steps.take({
    step: 'start',
    work: () => processes.spawn(spec),
    describe: ({ pid }) =>
      isFirst
        ? `process ${pid}`
        : `process ${pid}, anew: the first did not take the first question`,
    advise: (error) => remedyOf(error) ?? 'See what the system says.',
  })
  if (child.unenforced.length > 0) {
    steps.note({
      step: 'limits',
      ok: false,
      detail: `not held to ${child.unenforced.join(', ')}`,
      remedy: `The system lets nobody set them here. Remove them from \`servers.${name}.limits\`, or run the gateway where they can be set.`,
    })
  }
  return child
}

/** The same program; what it prints where only messages belong is kept apart as well. */
function noting(child: ChildTree, stray: string[]): ChildTree {
  return {
    ...child,
    note(line) {
      if (stray.length < 3) stray.push(line.toString('utf8', 0, 200))
      child.note(line)
    },
  }
}

interface Stopping {
  readonly children: readonly ChildTree[]
  readonly instance: string
  readonly steps: Steps
}

async function stopProgram(
  upstream: Upstream,
  { children, instance, steps }: Stopping,
): Promise<void> {
  await upstream[Symbol.asyncDispose]()
  const exits = await Promise.all(children.map((child) => child.gone))
  const left = await reapInstance(instance)
  const { code, signal } = exits.at(-1) ?? { code: null, signal: null }
  const how = signal === null ? `it exited with code ${code}` : `it had to be ended by ${signal}`
  if (left.length === 0) {
    return steps.note({ step: 'stop', ok: true, detail: `${how} and left nothing behind` })
  }
  const names = left.map(({ name, pid }) => `${name} (${pid})`).join(', ')
  steps.note({
    step: 'stop',
    ok: false,
    detail: `${how} and left ${left.length} processes behind, which were ended: ${names}`,
    remedy: 'The gateway ends them as well; the program should end what it starts.',
  })
}
