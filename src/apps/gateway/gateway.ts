import { join } from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import type { Gateway } from '../../core/gateway.ts'
import { createGateway } from '../../core/gateway.ts'
import type { ChildTree } from '../../processes/child-tree.ts'
import { createProcesses } from '../../processes/processes.ts'
import { baseEnvironment } from './base-environment.ts'
import { systemClock } from './clock.ts'
import { createConnect } from './connectors.ts'
import { createMemory } from './memory.ts'
import { createSeal } from './seal.ts'
import { version } from './version.ts'

/** A gateway with all its parts, without any door open yet. */
export interface Running extends AsyncDisposable {
  readonly gateway: Gateway
  readonly loaded: LoadedConfig
  /** What a server printed last, oldest line first. */
  readonly logs: (server: string, lines: number) => readonly string[]
}

/** Joins the parts; disposing undoes it in reverse: calls, servers, programs, memory. */
export async function composeGateway(loaded: LoadedConfig): Promise<Running> {
  await using undo = new AsyncDisposableStack()
  const clock = systemClock()
  const memory = undo.use(createMemory(join(stateFolder(), 'servers')))
  const processes = undo.use(createProcesses({ baseEnv: baseEnvironment(process.env) }))
  const children = new Map<string, ChildTree>()
  const gateway = undo.use(
    createGateway({
      config: loaded.config,
      clock,
      seal: createSeal(),
      version,
      connect: createConnect({
        config: loaded.config,
        processes,
        clock,
        started: (name, child) => void children.set(name, child),
      }),
      recall: (config) => memory.recall(config),
      remember: (config, remembered) => memory.remember(config, remembered),
    }),
  )

  const ownership = undo.move()
  return {
    gateway,
    loaded,
    logs: (server, lines) => children.get(server)?.stderrTail(lines) ?? [],
    [Symbol.asyncDispose]: () => ownership.disposeAsync(),
  }
}

/** Where what is learned is kept: it can be deleted at any time. */
function stateFolder(): string {
  const base = process.env['XDG_STATE_HOME'] || join(process.env['HOME'] ?? '.', '.local', 'state')
  return join(base, 'gantry')
}
