import { failure } from '../failure-row.ts'

/** The log of calls. */
export const auditFailures = {
  audit_unavailable: failure({
    status: 503,
    rpc: -32603,
    retryable: true,
    message: (d: { reason: string }) =>
      `The call was refused because it cannot be written down that it is made: ${d.reason}`,
    remedy: () =>
      'Make the `audit` folder writable again; calls then go on by themselves. `gantry doctor` names it.',
  }),
  audit_unreadable: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: (d: { reason: string }) =>
      `What was written down of calls cannot be read: ${d.reason}`,
    remedy: () => 'Run `gantry doctor` on the machine of the gateway: it names the folder.',
  }),
  call_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { call: string }) => `No call "${d.call}" is written down`,
    remedy: () => 'Run `gantry logs --calls` to list those that are; old ones are removed.',
  }),
} as const
