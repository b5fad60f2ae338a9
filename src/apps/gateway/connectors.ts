import type {
  Config,
  HttpServerConfig,
  ServerConfig,
  StdioServerConfig,
} from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Era } from '../../core/call/era.ts'
import type { ConnectUpstream } from '../../core/routing/upstream.ts'
import type { ChildTree } from '../../processes/child-tree.ts'
import type { Processes } from '../../processes/processes.ts'
import { SpawnError } from '../../processes/spawn-error.ts'
import { connectHttp } from '../../upstreams/http/connect.ts'
import { openRelay } from '../../upstreams/http/relay.ts'
import { connectStdio } from '../../upstreams/stdio/connect.ts'
import { createMessageReader } from '../../wire/message.ts'
import type { Clock } from '../../core/gateway.ts'

export interface ConnectorDeps {
  readonly config: Config
  readonly processes: Processes
  readonly clock: Clock
  /** Told each program that starts, so that its output can be shown. */
  readonly started: (name: string, child: ChildTree) => void
}

/** How each kind of server is reached. A new kind is one line here and one folder in `upstreams`. */
export function createConnect(
  deps: ConnectorDeps,
): (config: ServerConfig, knownEra: Era | undefined) => ConnectUpstream {
  const { limits } = deps.config
  const read = createMessageReader({
    depth: limits.depth,
    tokens: limits.tokens,
    stringBytes: limits.messageBytes,
  })
  const common = { read, limitBytes: limits.messageBytes, later: deps.clock.later }

  return (config, knownEra) =>
    config.transport === 'stdio'
      ? connectStdio(config, { ...common, knownEra, spawn: (one) => spawn(one, deps) })
      : connectHttp(config, {
          ...common,
          knownEra,
          relay: (one: HttpServerConfig) => openRelay(one, deps.clock.coarseNow),
        })
}

async function spawn(
  config: StdioServerConfig,
  { processes, started }: ConnectorDeps,
): Promise<ChildTree> {
  const { name, command, args, env, cwd } = config
  try {
    const child = await processes.spawn({
      name,
      command,
      args,
      env,
      ...(cwd !== undefined && { cwd }),
    })
    started(name, child)
    return child
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error
    throw new GatewayError(
      'server_unreachable',
      { server: name, reason: error.message, remedy: error.remedy },
      { cause: error },
    )
  }
}
