import { GatewayError } from '../../contract/gateway-error.ts'
import type { Approval, ApprovalOutcome, Decision } from '../../contract/rest/approvals.ts'
import { decideApproval, listApprovals } from '../../contract/rest/approvals.ts'
import { visibleServer, visibleServers } from '../../core/access/visible.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoint } from './endpoint.ts'

/** What can be done with tools that are not what they were. */
export interface ApprovalDesk {
  list(server: string): readonly Approval[]
  /** Throws `approval_unknown` and `approval_outdated`. */
  decide(decision: Decision): ApprovalOutcome
}

/** The tools that are not what they were when they were found good. */
export function approvalEndpoints(gateway: Gateway, desk: ApprovalDesk): readonly Endpoint[] {
  return [
    endpoint(listApprovals, ({ access }) => ({
      approvals: visibleServers(gateway, access)
        .filter(({ name }) => access.allows('config', name))
        .flatMap(({ name }) => desk.list(name)),
    })),
    endpoint(decideApproval, ({ body, access }) => {
      const server = visibleServer(gateway, access, body.server)
      if (!access.allows('config', server.name))
        throw new GatewayError('scope_missing', { principal: access.principal, scope: 'config' })
      const outcome = desk.decide(body)
      server.decided()
      return outcome
    }),
  ]
}
