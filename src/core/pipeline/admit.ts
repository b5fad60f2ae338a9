import { GatewayError } from '../../contract/gateway-error.ts'
import type { Rule } from '../call/call.ts'

const retryAfterMs = 1000

/** Bounds the calls under way over all servers: what is beyond is refused at once instead of piling up. */
export function withAdmission(limit: number, underway: () => number): Rule {
  return (next) => (call, done) => {
    if (underway() < limit) return next(call, done)
    call.spec.to.stats.shed('calls')
    const reason = `${limit} calls are under way`
    const error = new GatewayError('overloaded', { reason, retryAfterMs })
    done({ kind: 'failure', error, phase: 'not_sent' })
  }
}
