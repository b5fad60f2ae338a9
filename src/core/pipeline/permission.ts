import { GatewayError } from '../../contract/gateway-error.ts'
import type { Rule } from '../call/call.ts'

/** Refuses calls of tools that the principal may see and not call, or not without somebody's approval. */
export const withPermission: Rule = (next) => (call, done) => {
  const { caller, entry } = call.spec
  const decision = entry === undefined ? 'allow' : caller.access.decide(entry)
  if (entry === undefined || decision === 'allow') return next(call, done)
  const code = decision === 'ask' ? 'needs_approval' : 'call_refused'
  const { principal } = caller
  const error = new GatewayError(code, { principal, server: entry.server, tool: entry.name })
  done({ kind: 'failure', error, phase: 'not_sent' })
}
