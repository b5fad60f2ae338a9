import { stopTimes, watchTree } from './child-tree.ts'
import type { ChildTree, StopTimes } from './child-tree.ts'
import { resolveCommand } from './command.ts'
import type { Containment } from './containment.ts'
import { childEnvironment } from './environment.ts'
import type { Environment } from './environment.ts'
import { createGuardian } from './guardian.ts'
import { launch } from './launch.ts'
import { proveContainment } from './prove-containment.ts'
import { SpawnError } from './spawn-error.ts'

export interface SpawnSpec {
  /** Who it is, for people. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** What it gets besides the few names every program needs. */
  readonly env: Environment
  readonly cwd?: string
  /** For programs that have to see the processes of the machine by their own numbers. */
  readonly containment?: Containment
}

/** Starts programs whose whole trees end with them, with this object, and with our process. */
export interface Processes extends AsyncDisposable {
  spawn(spec: SpawnSpec): Promise<ChildTree>
  /** How trees are held together here; found out once. */
  containment(): Promise<Containment>
}

export interface ProcessesOptions {
  readonly baseEnv: Readonly<Record<string, string | undefined>>
  readonly prove?: () => Promise<Containment>
  readonly times?: StopTimes
}

export function createProcesses(options: ProcessesOptions): Processes {
  const { baseEnv, prove = () => proveContainment(), times = stopTimes } = options
  const trees = new Set<ChildTree>()
  const guardian = createGuardian()
  let proven: Promise<Containment> | undefined
  let isStopping = false

  function containment(): Promise<Containment> {
    proven ??= prove()
    return proven
  }

  async function spawnTree(spec: SpawnSpec): Promise<ChildTree> {
    const { name, command, args, cwd } = spec
    const env = childEnvironment(spec.env, baseEnv)
    const file = await resolveCommand({ command, env, cwd })
    const chosen = spec.containment ?? (await containment())
    if (isStopping) throw stopping(command)

    const program = { name, words: [file, ...args] as const, env, cwd }
    const launched = await launch(program, chosen, guardian)
    const tree = watchTree(launched, times)
    trees.add(tree)
    void forgetOnceGone(tree)
    await launched.open()
    return tree
  }

  async function forgetOnceGone(tree: ChildTree): Promise<void> {
    await tree.gone
    trees.delete(tree)
    guardian.forget(tree.pid)
  }

  return {
    spawn: spawnTree,
    containment,
    async [Symbol.asyncDispose]() {
      isStopping = true
      await Promise.all([...trees].map((tree) => tree.stop()))
      await guardian[Symbol.asyncDispose]()
    },
  }
}

function stopping(command: string): SpawnError {
  return new SpawnError('stopping', {
    command,
    message: `"${command}" was not started: everything is being stopped`,
    remedy: 'Start it again when the gateway is back.',
  })
}
