import type { BuiltInServerConfig } from '../../contract/config.ts'
import { BuiltInServer } from '../../contract/config/schema-server.ts'
import { llmServerName } from '../../contract/llm-server.ts'
import type { Access } from '../../core/access/access.ts'
import { noAccess } from '../../core/access/access.ts'
import type { Log } from '../../core/observe/log.ts'
import type { Arrival } from '../../core/roster.ts'
import { connectBuiltIn } from '../../upstreams/built-in/connect.ts'
import type { BuiltInConversation, BuiltInHost } from '../../upstreams/built-in/connect.ts'
import type { LlmCaller } from '../llm-runner/caller.ts'
import type { ComposedRunner } from '../llm-runner/compose.ts'
import { instructions } from '../llm-runner/instructions.ts'
import type { ReadMessage } from '../../wire/message.ts'
import { version } from './version.ts'

export interface LlmArrivalDeps {
  readonly read: ReadMessage
  readonly log: Log
  readonly runner: () => Promise<ComposedRunner>
  readonly callerFor: (access: Access) => LlmCaller
  /** To be called when the programs are others. */
  readonly refreshers: Set<() => void>
}

/** The runner itself bounds how long a run takes and how many there are. */
const longestMs = 86_400_000
const manyCalls = 100_000

/** The server `llm` of the gateway, which runs in its process. */
export function llmArrival(deps: LlmArrivalDeps): Arrival {
  const config: BuiltInServerConfig = {
    ...BuiltInServer.parse({
      trustAnnotations: true,
      timeoutMs: longestMs,
      totalTimeoutMs: longestMs,
      maxConcurrent: manyCalls,
      retries: 0,
      breaker: false,
      healthIntervalMs: 0,
    }),
    name: llmServerName,
    idleStopMs: 0,
  }
  const connect = connectBuiltIn(config, {
    info: { name: 'gantry-llm', title: 'LLM programs', version },
    instructions,
    read: deps.read,
    open: (host) => open(host, deps),
  })
  return { config, connect, listed: () => {} }
}

async function open(
  host: BuiltInHost,
  { runner: runnerOf, callerFor, refreshers, log }: LlmArrivalDeps,
): Promise<BuiltInConversation> {
  const [runner, { serveInside }] = await Promise.all([
    runnerOf(),
    import('../llm-runner/inside.ts'),
  ])
  const inside = serveInside(runner, {
    version,
    callerOf: (request) => callerFor(host.callFor(Number(request))?.spec.caller.access ?? noAccess),
    hear: (message, request) => host.hear(message, request),
    warn: (problem) => log.debug('llm_server', { problem: String(problem) }),
  })
  const refresh = () => {
    inside.refresh()
    host.toolsChanged()
  }
  refreshers.add(refresh)
  return {
    receive: (message) => inside.receive(message),
    async close() {
      refreshers.delete(refresh)
      await inside.close()
    },
  }
}
