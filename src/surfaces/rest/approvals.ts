import { GatewayError } from '../../contract/gateway-error.ts'
import type { Approval, ApprovalOutcome, Decision } from '../../contract/rest/approvals.ts'
import { decideApproval, listApprovals } from '../../contract/rest/approvals.ts'
import { visibleServer, visibleServers } from '../../core/access/visible.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { CallApprovals } from './call-approvals.ts'
import { callApprovalEndpoints, pendingCalls } from './call-approvals.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoint } from './endpoint.ts'

/** What can be done with tools that are not what they were. */
export interface ApprovalDesk {
  list(server: string): readonly Approval[]
  /** Throws `approval_unknown` and `approval_outdated`. */
  decide(decision: Decision): ApprovalOutcome
}

/** What waits for somebody to decide: tools that are not what they were, and calls. */
export function approvalEndpoints(
  gateway: Gateway,
  desk: ApprovalDesk,
  decidesOwn: CallApprovals['decidesOwn'],
): readonly Endpoint[] {
  const calls = gateway.consent.desk
  return [
    endpoint(listApprovals, async ({ access, query, signal }) => {
      if (query.after !== undefined && query.wait_ms > 0)
        await calls.changed(
          query.after,
          AbortSignal.any([signal, AbortSignal.timeout(query.wait_ms)]),
        )
      const tools = visibleServers(gateway, access)
        .filter(({ name }) => access.allows('config', name))
        .flatMap(({ name }) => desk.list(name))
      return { approvals: [...tools, ...pendingCalls(calls, access)], version: calls.version }
    }),
    ...callApprovalEndpoints({ desk: calls, decidesOwn }),
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
