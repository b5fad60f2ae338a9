import { failure } from '../failure-row.ts'

/** Requests that cannot be read or are of no sense here. */
export const requestsFailures = {
  parse_failed: failure({
    status: 400,
    rpc: -32700,
    retryable: false,
    message: (d: { problem: string; offset: number }) =>
      `The message is not JSON that can be relayed: ${d.problem} at byte ${d.offset}`,
    remedy: () => 'Send one JSON-RPC 2.0 message in UTF-8.',
  }),
  request_invalid: failure({
    status: 400,
    rpc: -32600,
    retryable: false,
    message: (d: { problem: string }) => `The request is not valid: ${d.problem}`,
    remedy: () => 'Send a JSON-RPC 2.0 request as the MCP specification describes it.',
  }),
  params_invalid: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: (d: { problem: string }) => `The parameters are not valid: ${d.problem}`,
    remedy: () => "Compare the parameters with the method's schema.",
  }),
  method_unknown: failure({
    status: 404,
    rpc: -32601,
    retryable: false,
    message: (d: { method: string }) => `Method "${d.method}" is not known here`,
    remedy: () => 'Use a method of the protocol version that was negotiated.',
  }),
  too_large: failure({
    status: 413,
    rpc: -32600,
    retryable: false,
    message: (d: { what: string; limitBytes: number }) =>
      `${d.what} is larger than the limit of ${d.limitBytes} bytes`,
    remedy: () => 'Send less at once, or raise `limits` in the configuration.',
  }),
  route_unknown: failure({
    status: 404,
    rpc: -32601,
    retryable: false,
    message: (d: { path: string }) => `Nothing is at ${d.path}`,
    remedy: () => '`/openapi.json` describes every address, and `/docs` shows them.',
  }),
  method_not_allowed: failure({
    status: 405,
    rpc: -32601,
    retryable: false,
    message: (d: { method: string; path: string; allow: readonly string[] }) =>
      `${d.method} is not possible at ${d.path}`,
    remedy: (d) => `Use ${d.allow.join(' or ')}.`,
  }),
  media_type_unsupported: failure({
    status: 415,
    rpc: -32600,
    retryable: false,
    message: (d: { type: string }) =>
      d.type === '' ? 'The body says nothing of its type' : `The body is of type "${d.type}"`,
    remedy: () => 'Send JSON with `Content-Type: application/json` and no `Content-Encoding`.',
  }),
  body_unreadable: failure({
    status: 400,
    rpc: -32600,
    retryable: false,
    message: (d: { problem: string }) => `The body is not JSON that can be used: ${d.problem}`,
    remedy: () => 'Send one JSON object in UTF-8, each of its keys once.',
  }),
  input_invalid: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: (d: { problem: string }) => `The request does not fit: ${d.problem}`,
    remedy: () => 'Compare it with `/docs`, or with `/openapi.json`.',
  }),
  request_state_invalid: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: () => 'The request state is not valid for this call',
    remedy: () => 'Start the call again without request state.',
  }),
  cursor_invalid: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: (d: { cursor: string }) => `Cursor "${d.cursor}" is not one of ours or is out of date`,
    remedy: () => 'Start the list again without a cursor.',
  }),
  session_unknown: failure({
    status: 404,
    rpc: -32600,
    retryable: false,
    message: () => 'No such session: it ended, or this gateway never opened it',
    remedy: () => 'Send `initialize` to open a new session.',
  }),
  host_refused: failure({
    status: 403,
    rpc: -32600,
    retryable: false,
    message: (d: { host: string }) => `Host "${d.host}" is not one this gateway answers to`,
    remedy: () => 'Add the name to `listen.hosts` in the configuration.',
  }),
  origin_refused: failure({
    status: 403,
    rpc: -32600,
    retryable: false,
    message: (d: { origin: string }) => `Origin "${d.origin}" may not call this gateway`,
    remedy: () => 'Add the origin to `listen.origins` in the configuration.',
  }),
  gateway_loop: failure({
    status: 508,
    rpc: -32600,
    retryable: false,
    message: () => 'The request has been here before: a server of this gateway leads back to it',
    remedy: () => 'Remove the server that is this gateway, or a gateway that has it as a server.',
  }),
  question_refused: failure({
    status: 400,
    rpc: -32603,
    retryable: false,
    message: (d: { method: string; reason: string }) =>
      `The server asked ${d.method}, which could not be put to a client: ${d.reason}`,
    remedy: () => 'Use a client that supports it, one call at a time.',
  }),
} as const
