import { failure } from '../failure-row.ts'
import { waitRemedy } from './wait-remedy.ts'

/** Calls that are not run, or not to their end. */
export const callsFailures = {
  rate_limited: failure({
    status: 429,
    rpc: -32603,
    retryable: true,
    message: (d: { what: string; retryAfterMs: number }) =>
      `${d.what} may not be called this often`,
    remedy: (d) => waitRemedy(d.retryAfterMs),
  }),
  overloaded: failure({
    status: 503,
    rpc: -32603,
    retryable: true,
    message: (d: { reason: string; retryAfterMs: number }) =>
      `The gateway takes no more calls at the moment: ${d.reason}`,
    remedy: (d) => waitRemedy(d.retryAfterMs),
  }),
  idempotency_conflict: failure({
    status: 409,
    rpc: -32602,
    retryable: false,
    message: (d: { key: string }) =>
      `The idempotency key "${d.key}" was used before with other arguments`,
    remedy: () => 'Use a new key for a new call.',
  }),
  wait_exceeded: failure({
    status: 504,
    rpc: -32603,
    retryable: true,
    message: (d: { server: string; timeoutMs: number }) =>
      `Server "${d.server}" could not take the call within ${d.timeoutMs} ms`,
    remedy: (d) => `Run \`gantry ls\` to see how "${d.server}" is, and try again.`,
  }),
  total_exceeded: failure({
    status: 504,
    rpc: -32603,
    retryable: false,
    message: (d: { server: string; totalTimeoutMs: number }) =>
      `Server "${d.server}" was still at work after ${d.totalTimeoutMs} ms`,
    remedy: (d) =>
      `The call may have run. Raise \`servers.${d.server}.totalTimeoutMs\` if it needs longer.`,
  }),
  deadline_exceeded: failure({
    status: 504,
    rpc: -32603,
    retryable: false,
    message: (d: { server: string; timeoutMs: number }) =>
      `Server "${d.server}" did not answer within ${d.timeoutMs} ms`,
    remedy: (d) =>
      `The call may have run. Raise \`servers.${d.server}.timeoutMs\` if it needs longer.`,
  }),
  call_cancelled: failure({
    status: 499,
    rpc: -32603,
    retryable: false,
    message: (d: { reason: string }) => `The call was cancelled: ${d.reason}`,
    remedy: () => 'Send it again if it is still wanted.',
  }),
  stopping: failure({
    status: 503,
    rpc: -32603,
    retryable: true,
    message: () => 'The gateway is shutting down',
    remedy: () => 'Try again when it is back.',
  }),
  internal: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: () => 'The gateway failed in a way nobody foresaw',
    remedy: () => 'Look at what the gateway printed, and report it with what you did.',
  }),
} as const
