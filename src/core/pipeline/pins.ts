import { GatewayError } from '../../contract/gateway-error.ts'
import type { RoutedCall, Rule } from '../call/call.ts'

/** Refuses calls of tools that are not what they were when they were found good, where that is wanted. */
export const withPins: Rule = (next) => (call, done) => {
  const error = heldBack(call)
  if (error) done({ kind: 'failure', error, phase: 'not_sent' })
  else next(call, done)
}

/** Why this call must not be sent now: what its tool is may have been found out while it waited. */
export function heldBack({ spec, isStillMeant }: RoutedCall): GatewayError | undefined {
  const { entry, to } = spec
  if (entry === undefined) return undefined
  if (!to.holds(entry.name) && isStillMeant?.() !== false) return undefined
  return new GatewayError('tool_changed', { tool: entry.name, server: entry.server })
}
