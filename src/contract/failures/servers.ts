import { failure } from '../failure-row.ts'
import { waitRemedy } from './wait-remedy.ts'

/** Servers that are not there, not well or not trusted. */
export const serversFailures = {
  server_unreachable: failure({
    status: 502,
    rpc: -32603,
    retryable: true,
    message: (d: {
      server: string
      reason: string
      remedy?: string
      /** Trying again is no use until something is put right. */
      isLasting?: boolean
    }) => `Server "${d.server}" could not be reached: ${d.reason}`,
    remedy: (d) => d.remedy ?? `Run \`gantry logs ${d.server}\` to see what it last printed.`,
  }),
  server_lost: failure({
    status: 502,
    rpc: -32603,
    retryable: false,
    message: (d: { server: string; reason: string }) =>
      `Server "${d.server}" went away before it answered: ${d.reason}`,
    remedy: () => 'The call may have run. Check its effect before you send it again.',
  }),
  server_answer_invalid: failure({
    status: 502,
    rpc: -32603,
    retryable: false,
    message: (d: { server: string; problem: string }) =>
      `Server "${d.server}" sent an answer that cannot be relayed: ${d.problem}`,
    remedy: (d) => `The call may have run. Run \`gantry logs ${d.server}\` to see what it printed.`,
  }),
  server_auth: failure({
    status: 502,
    rpc: -32603,
    retryable: false,
    message: (d: { server: string; status: number }) =>
      `Server "${d.server}" refused our credentials with HTTP ${d.status}`,
    remedy: (d) =>
      `Set \`servers.${d.server}.auth\` or \`servers.${d.server}.headers.Authorization\` in the configuration; with OAuth the \`scopes\` may be too few.`,
  }),
  auth_unavailable: failure({
    status: 503,
    rpc: -32603,
    retryable: true,
    message: (d: { server: string; reason: string; retryAfterMs?: number | undefined }) =>
      `There is no token for server "${d.server}": ${d.reason}`,
    remedy: (d) =>
      `${waitRemedy(d.retryAfterMs)} The call was not executed; \`gantry doctor ${d.server}\` tells more.`,
  }),
  auth_refused: failure({
    status: 502,
    rpc: -32603,
    retryable: false,
    message: (d: { server: string; reason: string }) =>
      `Server "${d.server}" cannot be signed in to: ${d.reason}`,
    remedy: (d) =>
      `Correct \`servers.${d.server}.auth\` in the configuration and run \`gantry reload\`; until then no token is asked for.`,
  }),
  server_overloaded: failure({
    status: 503,
    rpc: -32603,
    retryable: true,
    message: (d: { server: string; waiting: number }) =>
      `Server "${d.server}" has ${d.waiting} calls waiting and takes no more`,
    remedy: () => 'Try again in a moment.',
  }),
  server_busy: failure({
    status: 503,
    rpc: -32603,
    retryable: true,
    message: (d: { server: string; status: number; retryAfterMs?: number | undefined }) =>
      `Server "${d.server}" refused the call with HTTP ${d.status} because it is busy`,
    remedy: (d) => waitRemedy(d.retryAfterMs),
  }),
  server_resting: failure({
    status: 503,
    rpc: -32603,
    retryable: true,
    message: (d: { server: string; reason: string; retryAfterMs: number }) =>
      `Server "${d.server}" is left alone for the moment: ${d.reason}`,
    remedy: (d) =>
      `${waitRemedy(d.retryAfterMs)} Run \`gantry doctor ${d.server}\` to see what is wrong.`,
  }),
  tool_changed: failure({
    status: 403,
    rpc: -32603,
    retryable: false,
    message: (d: {
      tool: string
      server: string
      /** The id of the agent that offers it. */
      agent?: string
    }) => `Tool "${d.tool}" of "${d.server}" is not what it was when it was found good`,
    remedy: (d) =>
      d.agent === undefined
        ? `Run \`gantry approve\` to see what is different; if it is as it should be, run \`gantry approve ${d.server} ${d.tool}\`.`
        : `Look at it with \`gantry tools\`; if it is as it should be, run \`gantry agents approve ${d.agent}\`.`,
  }),
  approval_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { server: string; tool?: string | undefined }) =>
      d.tool === undefined
        ? `No tool of "${d.server}" waits for approval`
        : `Tool "${d.tool}" of "${d.server}" does not wait for approval`,
    remedy: () => 'Run `gantry approve` to see what waits.',
  }),
  approval_outdated: failure({
    status: 409,
    rpc: -32602,
    retryable: false,
    message: (d: { server: string; tool: string }) =>
      `Tool "${d.tool}" of "${d.server}" is not what it was when it was looked at`,
    remedy: () => 'Look at it once more, and decide then.',
  }),
  egress_refused: failure({
    status: 502,
    rpc: -32603,
    retryable: false,
    message: (d: { url: string; reason: string }) =>
      `Refusing to send a request to ${d.url}: ${d.reason}`,
    remedy: () => 'Allow the address in the server entry (`allowPrivate`) if it is meant.',
  }),
} as const
