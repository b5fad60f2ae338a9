import { GatewayError } from '../../contract/gateway-error.ts'
import type { RoutedSpec, Rule } from '../call/call.ts'

/** Refuses what comes more often than the operator lets through; nothing waits here. */
export function withRates(now: () => number): Rule {
  return (next) => (call, done) => {
    const { tool, to, server } = call.spec
    const rate = tool?.rate ?? to.guard.rate
    if (rate === undefined) return next(call, done)
    const retryAfterMs = waitMs(call.spec, now())
    if (retryAfterMs === 0) return next(call, done)
    to.stats.shed('rate')
    const what = tool?.rate ? `Tool "${tool.name}" of server "${server}"` : `Server "${server}"`
    const error = new GatewayError('rate_limited', { what, retryAfterMs })
    done({ kind: 'failure', error, phase: 'not_sent' })
  }
}

/** A call that the bound of its tool refuses does not count against its server. */
function waitMs({ tool, to }: RoutedSpec, now: number): number {
  return tool?.rate?.take(now) || to.guard.rate?.take(now) || 0
}
