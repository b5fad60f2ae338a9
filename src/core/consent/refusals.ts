import { GatewayError } from '../../contract/gateway-error.ts'
import type { Verdict } from '../access/access.ts'
import type { Done, RoutedCall } from '../call/call.ts'
import type { Entry } from '../catalog/listing.ts'
import type { Ask } from './ask.ts'

/** Ends a call that no server has heard of. */
export function fail(done: Done, error: GatewayError): void {
  done({ kind: 'failure', error, phase: 'not_sent' })
}

/** Why a call must not be made, by the rules. */
export function refusalOf({ spec }: RoutedCall, tool: Entry, { reason }: Verdict): GatewayError {
  const { principal } = spec.caller
  const { server, name } = tool
  return new GatewayError('call_refused', { principal, server, tool: name, reason })
}

/** Whose call needs approval, and why. */
export function whose({ principal, server, tool, reason }: Ask) {
  return { principal, server, tool, reason }
}

export function deniedFor({ server, tool }: Ask): GatewayError {
  return new GatewayError('approval_denied', { server, tool })
}

export function fullFor({ principal }: Ask): GatewayError {
  return new GatewayError('approvals_full', { principal })
}
