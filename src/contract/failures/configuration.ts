import { failure } from '../failure-row.ts'

/** Files that say what is wanted, and whether it can be had. */
export const configurationFailures = {
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
  config_absent: failure({
    status: 409,
    rpc: -32603,
    retryable: false,
    message: () => 'This gateway runs without a configuration file, so nothing can be written down',
    remedy: () => 'Start it with --config FILE.',
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
  server_refused: failure({
    status: 502,
    rpc: -32603,
    retryable: false,
    message: (d: { server: string; rpcCode: number; reason: string }) =>
      `Server "${d.server}" answered with an error (${d.rpcCode}): ${d.reason}`,
    remedy: () => "Compare the arguments with the tool's schema; the server decides what it takes.",
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
} as const
