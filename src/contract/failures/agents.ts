import { failure } from '../failure-row.ts'

/** Agents, here and on the machine they run on. */
export const agentsFailures = {
  agent_key_unusable: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: (d: { file: string; reason: string }) =>
      `The key of this agent in ${d.file} cannot be used: ${d.reason}`,
    remedy: () => 'Make it readable for you alone, or remove it and enrol this agent anew.',
  }),
  agent_superseded: failure({
    status: 409,
    rpc: -32603,
    retryable: false,
    message: () => 'Another program with the key of this agent has taken its place',
    remedy: () =>
      'Run one `gantry agent` only. If you run no other, the key was copied: revoke it at the gateway.',
  }),
  agent_declined: failure({
    status: 403,
    rpc: -32603,
    retryable: false,
    message: (d: { tool: string }) =>
      `The person at the agent did not allow the call of "${d.tool}"`,
    remedy: () => 'Ask them, and send the call again if it is still wanted.',
  }),
  agent_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { agent: string }) => `No agent "${d.agent}" is enrolled here`,
    remedy: () => 'Run `gantry agents ls` to list those that are.',
  }),
  agent_refused: failure({
    status: 401,
    rpc: -32600,
    retryable: false,
    message: (d: { reason: string }) => `The agent is not let in: ${d.reason}`,
    remedy: () =>
      'Run `gantry keys enrol NAME` where the gateway runs, and start the agent with that token.',
  }),
} as const
