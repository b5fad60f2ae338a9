import type { AgentSummary } from '../../contract/rest/agents.ts'
import { approveAgent, enrolAgent, listEnrolled, revokeAgent } from '../../contract/rest/agents.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoint } from './endpoint.ts'

/** What can be done with remote agents. */
export interface AgentDesk {
  list(): readonly AgentSummary[]
  enrol(
    name: string,
    expiresInMs: number,
    servers?: readonly string[],
  ): { readonly token: string; readonly expiresAt: string }
  /** Throws `agent_unknown`. */
  approve(id: string): AgentSummary
  /** Throws `agent_unknown`. */
  revoke(id: string): AgentSummary
}

/** The agents that may dial in. */
export function agentEndpoints(desk: AgentDesk): readonly Endpoint[] {
  return [
    endpoint(listEnrolled, () => ({ agents: [...desk.list()] })),
    endpoint(enrolAgent, ({ body: { name, expires_in_ms: expiresInMs, servers } }) => {
      const { token, expiresAt } = desk.enrol(name, expiresInMs, servers)
      return { name, token, expires_at: expiresAt }
    }),
    endpoint(approveAgent, ({ params }) => desk.approve(params.id)),
    endpoint(revokeAgent, ({ params }) => desk.revoke(params.id)),
  ]
}
