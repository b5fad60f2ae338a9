import { failure } from '../failure-row.ts'

/** What a command of `gantry` meets. */
export const commandLineFailures = {
  usage_invalid: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: (d: { problem: string; remedy: string }) => d.problem,
    remedy: (d) => d.remedy,
  }),
  gateway_unreachable: failure({
    status: 502,
    rpc: -32603,
    retryable: true,
    message: (d: { url: string; reason: string }) =>
      `No gateway could be reached at ${d.url}: ${d.reason}`,
    remedy: () =>
      'Start one with `gantry up`, or correct the address after --url or in GANTRY_URL.',
  }),
  gateway_lost: failure({
    status: 502,
    rpc: -32603,
    retryable: false,
    message: (d: { url: string; reason: string }) =>
      `The gateway at ${d.url} went away before it answered: ${d.reason}`,
    remedy: () => 'A call may have run. Check its effect before you send it again.',
  }),
  gateway_answer_invalid: failure({
    status: 502,
    rpc: -32603,
    retryable: false,
    message: (d: { url: string; problem: string }) =>
      `What answers at ${d.url} is not a gateway of this version: ${d.problem}`,
    remedy: () => 'Correct the address after --url or in GANTRY_URL, or restart the gateway there.',
  }),
  output_unwritable: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: (d: { file: string; reason: string }) => `${d.file} cannot be written: ${d.reason}`,
    remedy: () => 'The call did run. Go to a folder you may write to, or use --json.',
  }),
  port_in_use: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: (d: { host: string; port: number }) => `Port ${d.port} on ${d.host} is already in use`,
    remedy: (d) => `Stop the other program, or choose another port with --port ${d.port + 1}.`,
  }),
  hand_over_failed: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: (d: { pid: number; reason: string }) =>
      `The gateway that runs as process ${d.pid} did not hand over its port: ${d.reason}`,
    remedy: (d) =>
      `It keeps running. To do without it, stop it with \`kill ${d.pid}\` and start this one again.`,
  }),
  bind_refused: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: (d: { host: string }) =>
      `Refusing to listen on ${d.host}: it can be reached from other machines and no access rule exists`,
    remedy: () =>
      'Listen on 127.0.0.1, or set `access.keys` to "required" and make a key with `gantry keys create NAME`.',
  }),
} as const
