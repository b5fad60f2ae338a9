import { failure } from '../failure-row.ts'

/** Who may not, and the keys of those who may. */
export const accessFailures = {
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
    message: (d: {
      principal: string
      server: string
      tool: string
      reason?: string | undefined
    }) =>
      d.reason === undefined
        ? `"${d.principal}" may see the tool "${d.tool}" of server "${d.server}" and not call it`
        : `"${d.principal}" may not make this call of the tool "${d.tool}" of server "${d.server}": ${d.reason}`,
    remedy: (d) => `Run \`gantry why ${d.principal} ${d.server}/${d.tool}\` to see what decides.`,
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
} as const
