import type { PendingApproval } from '../../contract/chat.ts'

/** A call that waits, as a client is told of it. */
export interface PrintedApproval {
  readonly id: string
  readonly server: string
  readonly tool: string
  /** As the model wrote them, all of them. */
  readonly arguments: string
  readonly reason: string
  readonly expires_at: string | null
}

export function printApproval(
  { id, server, tool, reason, expiresAt }: PendingApproval,
  args: string,
): PrintedApproval {
  return { id, server, tool, arguments: args, reason, expires_at: expiresAt ?? null }
}

/** What somebody reads whose program knows nothing of approvals. */
export function approvalText(approvals: readonly PrintedApproval[]): string {
  const lines = approvals.map(
    ({ id, server, tool, arguments: args, reason }) =>
      `- ${server}/${tool} ${args}\n  because ${reason}: \`gantry approvals allow ${id}\``,
  )
  const verb = approvals.length === 1 ? 'A call waits' : `${approvals.length} calls wait`
  return `${verb} for approval:\n${lines.join('\n')}`
}
