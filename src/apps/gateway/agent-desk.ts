import type { EnrolledAgent, EnrolmentBook } from '../../access/enrolment.ts'
import type { PinBook } from '../../access/pins.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { AgentSummary } from '../../contract/rest/agents.ts'
import type { AgentSession } from '../../surfaces/agent-hub/session.ts'
import type { AgentDesk } from '../../surfaces/rest/agents.ts'

export interface AgentDeskDeps {
  readonly book: EnrolmentBook
  readonly pins: PinBook
  readonly shownName: (agent: EnrolledAgent) => string
  /** Those that are here, where there is a hub. */
  readonly sessions: Iterable<AgentSession>
}

/** What an operator does with agents. */
export function createAgentDesk({ book, pins, shownName, sessions }: AgentDeskDeps): AgentDesk {
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
    }
  }

  function find(id: string): EnrolledAgent {
    const agent = book.find(id)
    if (agent) return agent
    throw new GatewayError('agent_unknown', { agent: id })
  }

  return {
    list: () => book.all().map(summaryOf),
    enrol: (name, expiresInMs) => book.issue(name, expiresInMs),
    approve(id) {
      const agent = find(id)
      pins.approve(id)
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
