import { failure } from './failure-row.ts'

/**
 * Every way a call can fail, in one table. Surfaces turn a row into a JSON-RPC error,
 * problem+json or two lines in a terminal; `docs/reference/errors.md` is printed from it.
 */
export const failures = {
  config_invalid: failure({
    status: 400,
    rpc: -32603,
    retryable: false,
    message: (d: { file: string; line: number; column: number; problem: string }) =>
      `${d.file}:${d.line}:${d.column}: ${d.problem}`,
    remedy: () =>
      'Correct the file and run the command again; `docs/reference/config.md` lists every key.',
  }),
  config_unreadable: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: (d: { file: string; reason: string }) =>
      `The configuration ${d.file} cannot be read: ${d.reason}`,
    remedy: () =>
      'Correct the path after --config or in GANTRY_CONFIG, or write one with `gantry add`.',
  }),
  config_unwritable: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: (d: { file: string; reason: string }) =>
      `The configuration ${d.file} cannot be written: ${d.reason}`,
    remedy: () => 'Nothing was changed. See that the folder exists and that you may write there.',
  }),
  config_locked: failure({
    status: 409,
    rpc: -32603,
    retryable: true,
    message: (d: { file: string; lock: string }) =>
      `The configuration ${d.file} is being edited by another program`,
    remedy: (d) => `Try again. If no other program edits it, remove ${d.lock}.`,
  }),
  server_exists: failure({
    status: 409,
    rpc: -32602,
    retryable: false,
    message: (d: { server: string; file: string }) =>
      `A server named "${d.server}" is already in ${d.file}`,
    remedy: (d) => `Choose another name, or run \`gantry remove ${d.server}\` first.`,
  }),
  client_file_invalid: failure({
    status: 400,
    rpc: -32603,
    retryable: false,
    message: (d: { where: string; problem: string }) => `${d.where}: ${d.problem}`,
    remedy: () => 'Correct the file, with the program it belongs to; nothing in it was changed.',
  }),
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
  definition_invalid: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: (d: { server: string; problem: string }) =>
      `The definition of server "${d.server}" is not valid: ${d.problem}`,
    remedy: () => 'Correct it and send it again; `docs/reference/config.md` lists every key.',
  }),
  program_refused: failure({
    status: 403,
    rpc: -32600,
    retryable: false,
    message: (d: { server: string; key: string }) =>
      `The definition of server "${d.server}" says what runs or is read on this machine (\`${d.key}\`), which may not be said over HTTP`,
    remedy: (d) =>
      `Run \`gantry add ${d.server} ${d.key === 'openapi' ? '--openapi FILE' : '-- COMMAND'}\` or write it into the configuration file, or use a key with the scope "programs".`,
  }),
  operator_only: failure({
    status: 422,
    rpc: -32602,
    retryable: false,
    message: (d: { server: string; key: string }) =>
      `The definition of server "${d.server}" has \`${d.key}\`, which is only taken from the configuration file: it reads or steers what is on this machine`,
    remedy: () => 'Write it into the configuration file, or send the definition without it.',
  }),
  sign_in_unsupported: failure({
    status: 501,
    rpc: -32602,
    retryable: false,
    message: (d: { server: string; keys: readonly string[] }) =>
      `This way of signing in is not supported yet, and server "${d.server}" asks for it with ${d.keys.join(', ')}`,
    remedy: () =>
      'Nothing was added. Leave these keys out and sign in with "auth": a token ("bearer"), a password ("basic") or OAuth client credentials ("oauth").',
  }),
  config_absent: failure({
    status: 409,
    rpc: -32603,
    retryable: false,
    message: () => 'This gateway runs without a configuration file, so nothing can be written down',
    remedy: () => 'Start it with --config FILE.',
  }),
  server_refused: failure({
    status: 502,
    rpc: -32603,
    retryable: false,
    message: (d: { server: string; rpcCode: number; reason: string }) =>
      `Server "${d.server}" answered with an error (${d.rpcCode}): ${d.reason}`,
    remedy: () => "Compare the arguments with the tool's schema; the server decides what it takes.",
  }),
  server_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { server: string; nearest?: string | undefined }) =>
      `No server is named "${d.server}"`,
    remedy: (d) =>
      d.nearest ? `Did you mean "${d.nearest}"?` : 'Run `gantry ls` to list the servers.',
  }),
  server_ambiguous: failure({
    status: 409,
    rpc: -32602,
    retryable: false,
    message: (d: { server: string; candidates: readonly string[] }) =>
      `Several servers are called "${d.server}": ${d.candidates.join(', ')}`,
    remedy: () => 'Use one of these names.',
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
  tool_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: {
      tool: string
      nearest?: string | undefined
      /** A server whose tools nobody knows yet. */
      unlisted?: string | undefined
    }) => `No tool is named "${d.tool}"`,
    remedy: (d) =>
      d.unlisted
        ? `Server "${d.unlisted}" has not told its tools yet; run \`gantry ls\` to see why.`
        : d.nearest
          ? `Did you mean "${d.nearest}"?`
          : 'Run `gantry tools` to list what is offered.',
  }),
  tool_ambiguous: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: (d: { tool: string; places: readonly string[] }) =>
      `"${d.tool}" is the name of more than one tool: ${d.places.join(', ')}`,
    remedy: () => 'Write it with its server, as one of these.',
  }),
  profile_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { profile: string; nearest?: string | undefined }) =>
      `No profile is named "${d.profile}"`,
    remedy: (d) =>
      d.nearest ? `Did you mean "${d.nearest}"?` : 'Write it into `profiles` in the configuration.',
  }),
  prompt_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { prompt: string; nearest?: string | undefined }) =>
      `No prompt is named "${d.prompt}"`,
    remedy: (d) =>
      d.nearest ? `Did you mean "${d.nearest}"?` : 'Run `gantry prompts` to list what is offered.',
  }),
  resource_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { uri: string }) => `No server offers the resource "${d.uri}"`,
    remedy: () => 'Run `gantry resources` to list what is offered.',
  }),
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
  reload_refused: failure({
    status: 409,
    rpc: -32603,
    retryable: false,
    message: (d: { servers: readonly { name: string; reason: string }[] }) =>
      `The new configuration is not used: ${d.servers.map(({ name, reason }) => `server "${name}" did not start (${reason})`).join('; ')}`,
    remedy: () =>
      'The old configuration keeps running. Correct the entry, or set `reload.mode` to "lenient" to take the rest.',
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
  key_missing: failure({
    status: 401,
    rpc: -32600,
    retryable: false,
    message: () => 'This gateway answers only to those who have a key',
    remedy: () =>
      'Send `Authorization: Bearer KEY`, or give --key or GANTRY_KEY; `gantry keys create NAME` makes a key.',
  }),
  key_invalid: failure({
    status: 401,
    rpc: -32600,
    retryable: false,
    message: () => 'The key is not valid: it is unknown, expired or revoked',
    remedy: () =>
      'Use another key; on the machine of the gateway `gantry keys ls` shows which there are.',
  }),
  key_in_query: failure({
    status: 400,
    rpc: -32600,
    retryable: false,
    message: () => 'A key in an address ends up in logs and histories; this one was not looked at',
    remedy: () =>
      'Send it as `Authorization: Bearer KEY`. Revoke it with `gantry keys revoke` if it is in use.',
  }),
  scope_missing: failure({
    status: 403,
    rpc: -32600,
    retryable: false,
    message: (d: { principal: string; scope: string }) =>
      `"${d.principal}" does not hold the scope "${d.scope}" that this needs`,
    remedy: (d) => `Use a key made with \`gantry keys create NAME --scope ${d.scope}\`.`,
  }),
  call_refused: failure({
    status: 403,
    rpc: -32600,
    retryable: false,
    message: (d: { principal: string; server: string; tool: string }) =>
      `"${d.principal}" may see the tool "${d.tool}" of server "${d.server}" and not call it`,
    remedy: (d) => `Run \`gantry why ${d.principal} ${d.server}/${d.tool}\` to see what decides.`,
  }),
  needs_approval: failure({
    status: 403,
    rpc: -32600,
    retryable: false,
    message: (d: { principal: string; server: string; tool: string }) =>
      `Tool "${d.tool}" of server "${d.server}" needs approval, and this version has nobody to ask`,
    remedy: () =>
      'Write "allow" in place of "ask" in the rule of `access.rules`, as far as you want it called.',
  }),
  keys_unreadable: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: (d: { file: string; reason: string }) =>
      `The keys in ${d.file} cannot be read: ${d.reason}`,
    remedy: () =>
      'No key is accepted until it is put right. Restore the file, or delete it and make new keys.',
  }),
  keys_unwritable: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: (d: { file: string; reason: string }) =>
      `The keys in ${d.file} cannot be written: ${d.reason}`,
    remedy: () => 'Nothing was changed. See that you may write there, and try again.',
  }),
  key_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { key: string }) => `No key has the id "${d.key}"`,
    remedy: () => 'Run `gantry keys ls` to list them.',
  }),
  question_refused: failure({
    status: 400,
    rpc: -32603,
    retryable: false,
    message: (d: { method: string; reason: string }) =>
      `The server asked ${d.method}, which could not be put to a client: ${d.reason}`,
    remedy: () => 'Use a client that supports it, one call at a time.',
  }),
  internal: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: () => 'The gateway failed in a way nobody foresaw',
    remedy: () => 'Look at what the gateway printed, and report it with what you did.',
  }),
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
  stopping: failure({
    status: 503,
    rpc: -32603,
    retryable: true,
    message: () => 'The gateway is shutting down',
    remedy: () => 'Try again when it is back.',
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
  egress_refused: failure({
    status: 502,
    rpc: -32603,
    retryable: false,
    message: (d: { url: string; reason: string }) =>
      `Refusing to send a request to ${d.url}: ${d.reason}`,
    remedy: () => 'Allow the address in the server entry (`allowPrivate`) if it is meant.',
  }),
} as const

function waitRemedy(retryAfterMs: number | undefined): string {
  if (retryAfterMs === undefined) return 'Try again in a moment.'
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  return `Try again in ${seconds} second${seconds === 1 ? '' : 's'}.`
}

export type FailureCode = keyof typeof failures
