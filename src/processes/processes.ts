import { stopTimes, watchTree } from './child-tree.ts'
import type { ChildTree, StopTimes, WatchedTree } from './child-tree.ts'
import { resolveCommand } from './command.ts'
import type { Containment, Words } from './containment.ts'
import { childEnvironment, isPlainForShell } from './environment.ts'
import type { Environment } from './environment.ts'
import { createGuardian } from './guardian.ts'
import { launch } from './launch.ts'
import { createInstance } from './ledger/instance.ts'
import type { InstanceOptions } from './ledger/instance.ts'
import type { LimitKey, ResourceLimits } from './limits/limits.ts'
import { enforceableWith, holdTree } from './limits/tree-hold.ts'
import { proveContainment } from './prove-containment.ts'
import { SpawnError } from './spawn-error.ts'
import type { Reaped } from './ledger/sweep.ts'

export interface SpawnSpec {
  /** Who it is, for people. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** What it gets besides the few names every program needs. */
  readonly env: Environment
  readonly cwd?: string
  /** Puts words before those of the program, such as those of a sandbox. */
  readonly wrap?: ((program: Words) => Promise<Words>) | undefined
  /** For programs that have to see the processes of the machine by their own numbers. */
  readonly containment?: Containment
  /** What it and everything it starts may use; what cannot be held here is told by `unenforced`. */
  readonly limits?: ResourceLimits
  /** Gets what it writes to stderr by line, safe to print and not more than 100 lines a second. */
  readonly onStderr?: (line: string) => void
}

/** Starts programs whose whole trees end with them, with this object, and with our process. */
export interface Processes extends AsyncDisposable {
  spawn(spec: SpawnSpec): Promise<ChildTree>
  /** How trees are held together here; found out once. */
  containment(): Promise<Containment>
  /** Ends what earlier instances that share the ledger folder have left, and says what that was. */
  sweep(): Promise<readonly Reaped[]>
  /** Which limits programs can be held to here. */
  enforceable(): Promise<readonly LimitKey[]>
}

export interface ProcessesOptions extends InstanceOptions {
  readonly baseEnv: Readonly<Record<string, string | undefined>>
  readonly prove?: () => Promise<Containment>
  readonly times?: StopTimes
}

export function createProcesses(options: ProcessesOptions): Processes {
  const { baseEnv, prove = () => proveContainment(), times = stopTimes } = options
  const trees = new Set<WatchedTree>()
  const guardian = createGuardian()
  const instance = createInstance(options)
  const { groups } = instance
  let proven: Promise<Containment> | undefined
  let isStopping = false

  const containment = () => (proven ??= prove())

  async function spawnTree(spec: SpawnSpec): Promise<ChildTree> {
    const { name, command, args, cwd, limits = {} } = spec
    const env = { ...childEnvironment(spec.env, baseEnv), ...instance.environment }
    const file = await resolveCommand({ command, env, cwd })
    const words = (await spec.wrap?.([file, ...args])) ?? ([file, ...args] as const)
    const chosen = spec.containment ?? (await containment())
    const how = { groups, containment: chosen, isGated: isPlainForShell(env) }
    const hold = await holdTree(limits, how)
    await using undo = new AsyncDisposableStack()
    undo.defer(async () => hold?.release())
    if (isStopping) throw stopping(command)

    const program = { name, words, env, cwd, script: hold?.script }
    const launched = await launch(program, chosen, guardian)
    const tree = watchTree(launched, { times, hold, onStderr: spec.onStderr })
    undo.move()
    trees.add(tree)
    await instance.ledger.begin({ name, group: tree.pid })
    void forgetOnceGone(tree)
    const said = await launched.open()
    return { ...tree, unenforced: hold?.unenforced(said) ?? [] }
  }

  async function forgetOnceGone(tree: WatchedTree): Promise<void> {
    await tree.gone
    trees.delete(tree)
    guardian.forget(tree.pid)
    instance.ledger.end(tree.pid)
  }

  return {
    spawn: spawnTree,
    containment,
    sweep: () => instance.sweep(),
    enforceable: async () => enforceableWith(groups, await containment()),
    async [Symbol.asyncDispose]() {
      isStopping = true
      await Promise.all([...trees].map((tree) => tree.stop()))
      await guardian[Symbol.asyncDispose]()
      await instance[Symbol.asyncDispose]()
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
