import type { ChatEnded, ChatEvent, PendingApproval, ToolOutcome } from '../../contract/chat.ts'

export type ToldEvent = Exclude<ChatEvent, ChatEnded | { readonly type: 'piece' }>

/** A result larger than this is not shown to the client as well. */
const contentLimit = 16 * 1024

/** What our tools do, as a client is told of it in the field `gantry` of a stream. */
export function printTold(told: ToldEvent): object {
  switch (told.type) {
    case 'call_started': {
      const { id, name, server = null, tool, arguments: args } = told
      return { event: told.type, id, name, server, tool, arguments: args }
    }
    case 'call_progress':
      return { event: told.type, id: told.id, progress: told.progress }
    case 'call_waits':
      return { event: told.type, id: told.id, approval: approvalOf(told.approval) }
    case 'call_ended':
      return { event: told.type, id: told.id, ...printOutcome(told.outcome) }
    case 'round':
      return { event: told.type, n: told.n, usage: told.usage ?? null }
    default:
      return told satisfies never
  }
}

function printOutcome(outcome: ToolOutcome): object {
  switch (outcome.kind) {
    case 'result': {
      const { kind, isError, content } = outcome
      const isShown = JSON.stringify(content).length <= contentLimit
      return { outcome: kind, is_error: isError, ...(isShown ? { content } : { truncated: true }) }
    }
    case 'refused':
      return { outcome: outcome.kind, code: outcome.code, message: outcome.message }
    case 'waits':
      return { outcome: outcome.kind, approval: approvalOf(outcome.approval) }
    default:
      return outcome satisfies never
  }
}

function approvalOf({ id, reason, expiresAt }: PendingApproval): object {
  return { id, reason, expires_at: expiresAt ?? null }
}
