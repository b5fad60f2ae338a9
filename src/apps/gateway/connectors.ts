import type {
  Config,
  HttpServerConfig,
  ServerConfig,
  StdioServerConfig,
} from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Era } from '../../core/call/era.ts'
import type { Clock } from '../../core/gateway.ts'
import type { Loops } from '../../core/routing/loops.ts'
import type { ConnectUpstream } from '../../core/routing/upstream.ts'
import type { Credentials } from '../../core/sign-in/credentials.ts'
import type { ChildTree } from '../../processes/child-tree.ts'
import type { Processes } from '../../processes/processes.ts'
import { SpawnError } from '../../processes/spawn-error.ts'
import type { StartGate } from '../../processes/start-gate.ts'
import { connectHttp } from '../../upstreams/http/connect.ts'
import { openRelay } from '../../upstreams/http/relay.ts'
import { connectOpenApi } from '../../upstreams/openapi/connect.ts'
import { connectStdio } from '../../upstreams/stdio/connect.ts'
import { createMessageReader } from '../../wire/message.ts'

export interface ConnectorDeps {
  readonly config: Config
  readonly processes: Processes
  readonly clock: Clock
  /** How many programs may be starting at once. */
  readonly gate: StartGate
  /** Told each program that starts, so that its output can be shown. */
  readonly started: (name: string, child: ChildTree) => void
  /** Told what programs write to their standard error, a bounded number of lines a second. */
  readonly printed: (name: string, line: string) => void
  /** How a server is signed in to with tokens. */
  readonly credentials: (config: ServerConfig) => Credentials | undefined
  readonly loops: Loops
  /** Masks the secrets of the configuration in what a server says of itself. */
  readonly hide: (text: string) => string
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
  const common = { read, limitBytes: limits.messageBytes, later: deps.clock.later, hide: deps.hide }

  return (config, knownEra) => {
    switch (config.transport) {
      case 'stdio':
        return inTurn(
          deps.gate,
          connectStdio(config, { ...common, knownEra, spawn: (one) => spawn(one, deps) }),
        )
      case 'http':
        return connectHttp(config, {
          ...common,
          knownEra,
          credentials: deps.credentials(config),
          relay: (one: HttpServerConfig) =>
            openRelay(one, { now: deps.clock.coarseNow, trail: deps.loops.trail() }),
        })
      case 'openapi':
        return connectOpenApi(config, { ...common, credentials: deps.credentials(config) })
      case 'agent':
      case 'built-in':
        // These come with the way to them.
        throw new Error(`"${config.name}" comes with the way to it`)
    }
  }
}

/** Many programs that start at once hold each other up so long that none is ready in its time. */
function inTurn(gate: StartGate, connect: ConnectUpstream): ConnectUpstream {
  return async (events, signal) => {
    const place = await gate.enter(signal)
    try {
      return await connect(events, signal)
    } finally {
      place[Symbol.dispose]()
    }
  }
}

/** What will not be there a moment later either. */
const lastingReasons = new Set([
  'not_found',
  'not_executable',
  'not_a_file',
  'interpreter_missing',
  'folder_missing',
  'invalid',
])

async function spawn(
  config: StdioServerConfig,
  { processes, started, printed, hide }: ConnectorDeps,
): Promise<ChildTree> {
  const { name, command, args, env, cwd, limits } = config
  try {
    const child = await processes.spawn({
      name,
      command,
      args,
      env,
      limits,
      onStderr: (line) => printed(name, line),
      ...(cwd !== undefined && { cwd }),
    })
    const stderrTail = (lines?: number) => child.stderrTail(lines).map(hide)
    const shown = { ...child, stderrTail }
    started(name, shown)
    return shown
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error
    const isLasting = lastingReasons.has(error.reason)
    throw new GatewayError(
      'server_unreachable',
      {
        server: name,
        reason: error.message,
        remedy: error.remedy,
        ...(isLasting && { isLasting }),
      },
      { cause: error },
    )
  }
}
