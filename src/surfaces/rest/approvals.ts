import { GatewayError } from '../../contract/gateway-error.ts'
import type {
  Approval,
  ApprovalOutcome,
  Decision,
  PendingCall,
} from '../../contract/rest/approvals.ts'
import { decideApproval, listApprovals } from '../../contract/rest/approvals.ts'
import type { Access } from '../../core/access/access.ts'
import { visibleServer, visibleServers } from '../../core/access/visible.ts'
import type { Desk } from '../../core/consent/desk.ts'
import type { Gateway } from '../../core/gateway.ts'
import { fingerprint } from '../../kit/fingerprint.ts'
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
      if (query.after !== undefined && query.wait_ms > 0) {
        const over = AbortSignal.any([signal, AbortSignal.timeout(query.wait_ms)])
        await otherThan(query.after, { calls, access, signal: over })
      }
      const tools = visibleServers(gateway, access)
        .filter(({ name }) => access.allows('config', name))
        .flatMap(({ name }) => desk.list(name))
      const waiting = pendingCalls(calls, access)
      return { approvals: [...tools, ...waiting], version: versionOf(waiting) }
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

/** Made of what is shown, so that it tells nothing of what is hidden. */
function versionOf(waiting: readonly PendingCall[]): string {
  return fingerprint(waiting.map(({ id }) => id))
}

interface Watching {
  readonly calls: Desk
  readonly access: Access
  readonly signal: AbortSignal
}

/** Settles when this principal is shown other calls, or nobody waits any longer. */
async function otherThan(version: string, { calls, access, signal }: Watching): Promise<void> {
  while (!signal.aborted && !calls.isOver) {
    const seen = calls.version
    if (versionOf(pendingCalls(calls, access)) !== version) return
    await calls.changed(seen, signal)
  }
}
