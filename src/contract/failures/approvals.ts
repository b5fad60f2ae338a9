import { failure } from '../failure-row.ts'

/** Calls that somebody has to allow. */
export const approvalFailures = {
  needs_approval: failure({
    status: 403,
    rpc: -32600,
    retryable: false,
    message: (d: {
      principal: string
      server: string
      tool: string
      reason: string
      /** Left out where nobody could decide. */
      approval_id?: string | undefined
      expires_at?: string | undefined
    }) => `Tool "${d.tool}" of server "${d.server}" needs approval: ${d.reason}`,
    remedy: (d) =>
      d.approval_id === undefined
        ? 'Use a client that can ask you, or a gateway that `gantry up` runs; or write a rule of `access.rules` that allows it.'
        : `Ask a person to let it through with \`gantry approvals allow ${d.approval_id}\`; then the same call passes once.`,
  }),
  approval_denied: failure({
    status: 403,
    rpc: -32600,
    retryable: false,
    message: (d: { server: string; tool: string }) =>
      `Somebody was asked and said no to this call of the tool "${d.tool}" of server "${d.server}"`,
    remedy: () =>
      'It did not run. Do not make the same call again: go on without it, or ask what to do instead.',
  }),
  approval_expired: failure({
    status: 403,
    rpc: -32600,
    retryable: false,
    message: (d: { server: string; tool: string }) =>
      `Nobody decided in time about this call of the tool "${d.tool}" of server "${d.server}"`,
    remedy: () =>
      'It did not run. Make it again when somebody is there; `access.approvals.waitMs` says how long it waits.',
  }),
  approvals_full: failure({
    status: 429,
    rpc: -32600,
    retryable: true,
    message: (d: { principal: string }) =>
      `Too many calls of "${d.principal}" wait for somebody to decide`,
    remedy: () => 'Decide about those with `gantry approvals`, then make the call again.',
  }),
  approval_gone: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { id: string }) => `No call waits for a decision as "${d.id}"`,
    remedy: () =>
      'It was decided, its time is over, or it never was. Run `gantry approvals` to see what waits.',
  }),
  approval_own: failure({
    status: 403,
    rpc: -32600,
    retryable: false,
    message: (d: { principal: string }) => `"${d.principal}" cannot decide about its own calls`,
    remedy: () =>
      'Decide with the key of somebody else who holds the scope "config" for the server.',
  }),
  approval_scope_invalid: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: (d: { id: string }) => `"${d.id}" belongs to no conversation`,
    remedy: () => 'Decide with the scope "once" or "always".',
  }),
  grant_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { id: string }) => `No grant has the id "${d.id}"`,
    remedy: () => 'Run `gantry approvals grants` to list them.',
  }),
} as const
