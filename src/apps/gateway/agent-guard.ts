import type { PinBook } from '../../access/pins.ts'
import type { AgentServerConfig, Config } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Call } from '../../core/call/call.ts'
import type { Entry } from '../../core/catalog/listing.ts'
import type { Log } from '../../core/observe/log.ts'
import { Member } from '../../wire/members.ts'
import { decodeString } from '../../wire/message.ts'

export interface AgentGuardDeps {
  readonly pins: PinBook
  readonly mode: Config['agents']['pin']
  readonly log: Log
  /** What the server offers at the moment. */
  readonly toolsOf: (server: string) => readonly Entry[]
}

interface Held {
  readonly tools: ReadonlySet<string>
  /** Of the pins, when they were compared. */
  readonly version: number
}

/** Keeps calls from tools of agents that are not what they were when the agent was let in. */
export interface AgentGuard {
  listed(config: AgentServerConfig, tools: readonly Entry[]): void
  refusal(config: AgentServerConfig, call: Call): GatewayError | undefined
  forget(config: AgentServerConfig): void
}

export function createAgentGuard({ pins, mode, log, toolsOf }: AgentGuardDeps): AgentGuard {
  /** By the name of the server; of most there is nothing to say. */
  const held = new Map<string, Held>()

  function listed({ agent, server, name }: AgentServerConfig, tools: readonly Entry[]): void {
    if (mode === 'off') return
    const changed = pins.compare(agent, server, tools)
    if (changed.size === 0) return void held.delete(name)
    held.set(name, { tools: changed, version: pins.version(agent) })
    log.warn('agent_tools_changed', { server: name, agent, tools: [...changed] })
  }

  return {
    listed,
    refusal(config, call) {
      const { agent, name } = config
      const before = held.get(name)
      if (!before || call.spec.method !== 'tools/call') return undefined
      // Somebody may have looked at them meanwhile.
      if (pins.version(agent) !== before.version) listed(config, toolsOf(name))
      const tool = toolIn(call)
      return held.get(name)?.tools.has(tool)
        ? new GatewayError('tool_changed', { tool, server: name, agent })
        : undefined
    },
    forget: ({ name }) => void held.delete(name),
  }
}

/** The tool's name as its server spells it. */
function toolIn({ spec: { target, message } }: Call): string {
  return target === undefined ? (message.text(Member.name) ?? '') : decodeString(target)
}
