import { GatewayError } from '../../contract/gateway-error.ts'
import type { CallOutcome, Grant as ToldGrant, PendingCall } from '../../contract/rest/approvals.ts'
import { decideCall, listGrants, revokeGrant } from '../../contract/rest/approvals.ts'
import type { Access } from '../../core/access/access.ts'
import type { Desk, Pending } from '../../core/consent/desk.ts'
import type { Grant } from '../../core/consent/grants.ts'
import { choicesFor } from '../../core/consent/question.ts'
import { parseExact } from '../../kit/exact-json.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoint } from './endpoint.ts'

export interface CallApprovals {
  readonly desk: Desk
  /** Whether this principal is a person at the machine, who may decide about their own calls. */
  readonly decidesOwn: (principal: string) => boolean
}

/** The calls that wait for somebody to decide, and what was allowed ahead of calls. */
export function callApprovalEndpoints({ desk, decidesOwn }: CallApprovals): readonly Endpoint[] {
  return [
    endpoint(decideCall, ({ params: { id }, body, access }): CallOutcome => {
      const pending = pendingFor(desk, access, id)
      if (!pending) throw new GatewayError('approval_gone', { id })
      const { principal } = access
      if (pending.ask.principal === principal && !decidesOwn(principal))
        throw new GatewayError('approval_own', { principal })
      if (body.decision === 'allow' && !choicesFor(pending.ask).includes(body.scope))
        throw new GatewayError('approval_scope_invalid', { id })
      const settled = desk.decide(id, { ...body, by: principal })
      if (!settled) throw new GatewayError('approval_gone', { id })
      const { answer, grant } = settled
      const { server, tool } = pending.ask
      return { id, ...answer, server, tool, ...(grant !== undefined && { grant }) }
    }),
    endpoint(listGrants, ({ access }) => ({
      grants: desk
        .grants()
        .filter(({ server }) => access.allows('config', server))
        .map(toldGrant),
    })),
    endpoint(revokeGrant, ({ params: { id }, access }) => {
      const grant = desk.grants().find((one) => one.id === id)
      if (!grant || !access.allows('config', grant.server) || !desk.revoke(id))
        throw new GatewayError('grant_unknown', { id })
      return toldGrant(grant)
    }),
  ]
}

/** What this principal may decide about. */
export function pendingCalls(desk: Desk, access: Access): readonly PendingCall[] {
  return desk
    .list()
    .filter(({ ask }) => access.allows('config', ask.server))
    .map(toldPending)
}

/** What must not be decided by them is like what is not there. */
function pendingFor(desk: Desk, access: Access, id: string): Pending | undefined {
  const pending = desk.find(id)
  return pending && access.allows('config', pending.ask.server) ? pending : undefined
}

function toldPending({ id, ask, isHeld, sinceMs, expiresAtMs }: Pending): PendingCall {
  const { principal, server, tool, reason, shown, argumentsDigest, toolDigest } = ask
  return {
    kind: 'call',
    id,
    principal,
    server,
    tool,
    reason,
    ...(shown.isWhole ? { arguments: parseExact(shown.text) } : { arguments_head: shown.text }),
    arguments_bytes: shown.bytes,
    arguments_digest: argumentsDigest,
    tool_digest: toolDigest,
    scopes: choicesFor(ask).filter((choice) => choice !== 'deny'),
    waits: isHeld,
    since: new Date(sinceMs).toISOString(),
    expires_at: new Date(expiresAtMs).toISOString(),
  }
}

function toldGrant(grant: Grant): ToldGrant {
  const { id, scope, principal, server, tool, toolDigest, by, sinceMs } = grant
  const since = new Date(sinceMs).toISOString()
  return { id, scope, principal, server, tool, tool_digest: toolDigest, by, since }
}
