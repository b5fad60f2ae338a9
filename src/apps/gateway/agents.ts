import type { EnrolmentBook } from '../../access/enrolment.ts'
import type { PinBook } from '../../access/pins.ts'
import type { AgentServerConfig, Config } from '../../contract/config.ts'
import { AgentServer } from '../../contract/config/schema-server.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Entry } from '../../core/catalog/listing.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Census } from '../../core/observe/census.ts'
import type { Log } from '../../core/observe/log.ts'
import type { AgentHub } from '../../surfaces/agent-hub/hub.ts'
import { createAgentHub } from '../../surfaces/agent-hub/hub.ts'
import type { OfferedServer } from '../../surfaces/agent-hub/ports.ts'
import type { HubTiming } from '../../surfaces/agent-hub/timing.ts'
import { connectAgent } from '../../upstreams/agent/connect.ts'
import { connectSimpleAgent } from '../../upstreams/agent/simple.ts'
import { createMessageReader } from '../../wire/message.ts'
import { createAgentGuard } from './agent-guard.ts'
import { enrolmentOf } from './agent-books.ts'
import { systemClock } from './clock.ts'

/** What agents of the simple form are used to. */
const simpleTimeoutMs = 30_000

export interface OpenAgentsOptions {
  readonly config: Config
  readonly gateway: Gateway
  readonly log: Log
  readonly census: Census
  /** Who may dial in. */
  readonly book: EnrolmentBook
  /** What their tools were like when they were let in. */
  readonly pins: PinBook
  readonly answersTo: (audience: string) => boolean
  readonly onFault: (error: unknown) => void
  readonly timing?: Partial<HubTiming>
}

/** Joins the hub where agents dial in with the gateway their servers become part of. */
export function openAgents(options: OpenAgentsOptions): AgentHub {
  const { config, gateway, log, answersTo, onFault } = options
  const { limits, agents: settings } = config
  const clock = systemClock()
  const read = createMessageReader({
    depth: limits.depth,
    tokens: limits.tokens,
    stringBytes: limits.messageBytes,
  })

  const guard = createAgentGuard({
    pins: options.pins,
    mode: settings.pin,
    log,
    toolsOf: (name) => gateway.server(name).listings.tools.entries,
  })
  const load = createAgentLoad(settings.callsPerAgent)
  const agentServer = createAgentServers()

  function host({ open, era, isSimple, ...offered }: OfferedServer) {
    const one = agentServer({
      ...offered,
      maxConcurrent: settings.callsPerAgent,
      ...(isSimple && { timeoutMs: simpleTimeoutMs }),
    })
    // Whoever has the key can be any of the simple ones: of which of them these tools are is not known.
    const pinned = isSimple ? undefined : guard
    const connect = isSimple ? connectSimpleAgent : connectAgent
    const hosted = gateway.host({
      config: one,
      connect: connect(one, {
        open,
        read,
        later: clock.later,
        era,
        begin: (call) => pinned?.refusal(one, call) ?? load.begin(one),
        ended: () => load.ended(one.agent),
      }),
      listed: ({ listings }) => listed(listings.tools.entries),
    })
    const end = () => {
      guard.forget(one)
      void hosted?.[Symbol.asyncDispose]()
    }
    function listed(tools: readonly Entry[]): void {
      const limit = settings.toolsPerServer
      if (tools.length <= limit) return pinned?.listed(one, tools)
      log.warn('agent_server_refused', { server: one.name, tools: tools.length, limit })
      end()
    }
    return hosted && end
  }

  return createAgentHub({
    settings,
    limitBytes: limits.messageBytes,
    enrolment: enrolmentOf(options.book, settings.names),
    host,
    answersTo,
    now: clock.now,
    log,
    census: options.census,
    onFault,
    ...(options.timing && { timing: options.timing }),
  })
}

/** What the servers of an agent offer at the moment, by its own names for them. */
export function offeredBy({ servers }: Gateway, agent: string) {
  return servers.flatMap(({ config, listings }) =>
    config.transport === 'agent' && config.agent === agent
      ? [{ server: config.server, tools: listings.tools.entries }]
      : [],
  )
}

/** Of most of it all of them have the same. Whether an agent is there is known from its heartbeats. */
function createAgentServers() {
  const standard = AgentServer.parse({
    agent: 'agent',
    server: 'server',
    label: 'label',
    healthIntervalMs: 0,
  })
  return (
    own: Pick<AgentServerConfig, 'name' | 'agent' | 'server' | 'label'> &
      Partial<AgentServerConfig>,
  ): AgentServerConfig => ({ ...standard, idleStopMs: 0, ...own })
}

/** Counts what each agent works on, over all its servers. */
function createAgentLoad(limit: number) {
  const running = new Map<string, number>()
  return {
    begin({ agent, name }: AgentServerConfig): GatewayError | undefined {
      const waiting = running.get(agent) ?? 0
      if (waiting >= limit) return new GatewayError('server_overloaded', { server: name, waiting })
      running.set(agent, waiting + 1)
      return undefined
    },
    ended(agent: string): void {
      const left = (running.get(agent) ?? 1) - 1
      if (left === 0) running.delete(agent)
      else running.set(agent, left)
    },
  }
}
