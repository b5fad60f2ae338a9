import { failure } from '../failure-row.ts'

/** Conversations with models. */
export const chatFailures = {
  chat_unconfigured: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: () => 'No model is set up to talk with',
    remedy: () =>
      'Set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or write `chat.providers`. `cli/claude` asks a program on this machine, and `demo` needs nothing at all.',
  }),
  model_missing: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: (d: { provider: string }) =>
      `Provider "${d.provider}" is known, and not which of its models is to answer`,
    remedy: (d) =>
      `Set \`chat.model\` to "${d.provider}/MODEL", or name one; \`gantry chat --models\` and \`GET /v1/models\` list them.`,
  }),
  model_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { model: string; nearest: string | undefined }) =>
      `There is no model "${d.model}" here`,
    remedy: (d) =>
      d.nearest === undefined
        ? 'Name it as "provider/model"; `GET /v1/models` lists them.'
        : `Did you mean "${d.nearest}"? \`GET /v1/models\` lists them.`,
  }),
  provider_key_missing: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: (d: { provider: string; variable: string }) =>
      `Provider "${d.provider}" needs a key and none is set`,
    remedy: (d) =>
      `Set ${d.variable} before the gateway starts, or write \`chat.providers.${d.provider}.apiKey\` as "\${env:${d.variable}}".`,
  }),
  provider_key_refused: failure({
    status: 502,
    rpc: -32603,
    retryable: false,
    message: (d: { provider: string; reason: string }) =>
      `Provider "${d.provider}" does not accept its key: ${d.reason}`,
    remedy: (d) => `Correct the key in \`chat.providers.${d.provider}.apiKey\` or the environment.`,
  }),
  tools_too_many: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: (d: { provider: string; tools: number; limit: number }) =>
      d.limit === 0
        ? `Models of "${d.provider}" cannot be given tools of a request`
        : `Provider "${d.provider}" takes at most ${d.limit} tools at once, and these are ${d.tools}`,
    remedy: (d) =>
      d.limit === 0
        ? 'Leave them out, or choose another model.'
        : `Choose fewer, by a profile or by servers; or raise \`chat.providers.${d.provider}.toolLimit\` if it takes more.`,
  }),
  tool_answer_missing: failure({
    status: 400,
    rpc: -32602,
    retryable: false,
    message: (d: { call: string }) => `No message answers the call "${d.call}" of your own tool`,
    remedy: (d) => `Add a message {"role": "tool", "tool_call_id": "${d.call}", "content": …}.`,
  }),
} as const
