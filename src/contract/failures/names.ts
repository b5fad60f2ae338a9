import { failure } from '../failure-row.ts'

/** Names that lead to nothing, or to more than one thing. */
export const namesFailures = {
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
} as const
