import type { EnrolledAgent, EnrolmentBook } from '../../access/enrolment.ts'
import type { PinBook, PinnedTool } from '../../access/pins.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { AgentSummary } from '../../contract/rest/agents.ts'
import type { AgentSession } from '../../surfaces/agent-hub/session.ts'
import type { AgentDesk } from '../../surfaces/rest/agents.ts'

interface OfferedTools {
  /** What the agent calls it. */
  readonly server: string
  readonly tools: readonly PinnedTool[]
}

export interface AgentDeskDeps {
  readonly book: EnrolmentBook
  readonly pins: PinBook
  readonly shownName: (agent: EnrolledAgent) => string
  /** Those that are here, where there is a hub. */
  readonly sessions: Iterable<AgentSession>
  /** What the servers of an agent offer at the moment. */
  readonly offeredBy: (agent: string) => readonly OfferedTools[]
}

/** What an operator does with agents. */
export function createAgentDesk(deps: AgentDeskDeps): AgentDesk {
  const { book, pins, shownName, sessions } = deps

  function summaryOf(agent: EnrolledAgent): AgentSummary {
    const session = [...sessions].find((one) => one.agent.id === agent.id)
    return {
      id: agent.id,
      name: agent.name,
      shown_name: shownName(agent),
      enrolled_at: agent.enrolledAt,
      state: session === undefined ? 'absent' : session.wire ? 'connected' : 'away',
      ...(session && { display_name: session.displayName }),
      ...(session?.wire && { address: session.wire.address }),
      servers: [...(session?.serverNames ?? [])],
      ...(agent.servers && { may_offer: [...agent.servers] }),
    }
  }

  function find(id: string): EnrolledAgent {
    const agent = book.find(id)
    if (agent) return agent
    throw new GatewayError('agent_unknown', { agent: id })
  }

  return {
    list: () => book.all().map(summaryOf),
    enrol: (name, expiresInMs, servers) => book.issue(name, expiresInMs, servers),
    approve(id) {
      const agent = find(id)
      pins.approve(id)
      // What was looked at is what holds, not what comes next.
      for (const { server, tools } of deps.offeredBy(id)) pins.compare(id, server, tools)
      return summaryOf(agent)
    },
    revoke(id) {
      const summary = summaryOf(find(id))
      book.revoke(id)
      pins.approve(id)
      return summary
    },
  }
}
