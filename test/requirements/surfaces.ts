import type { Requirement } from './requirement.ts'

export const surfaces = [
  {
    id: 'surface:http:both-eras',
    text: 'One address serves clients of both eras',
    source: 'MCP 2026-07-28 basic/transports: Streamable HTTP',
  },
  {
    id: 'surface:http:classification',
    text: 'Each kind of request is given to its era, and what fits none is refused with the code the specification gives',
    source: 'MCP 2026-07-28 basic/versioning',
  },
  {
    id: 'surface:http:one-server',
    text: '/servers/{name}/mcp offers one server with its own names, and an unknown name is 404',
    source: 'README: addresses',
  },
  {
    id: 'surface:http:host-and-origin',
    text: 'A foreign Host or Origin is refused on every route',
    source: 'MCP 2026-07-28 basic/transports: security',
  },
  {
    id: 'surface:http:bind',
    text: 'An address that other machines can reach is refused while nothing checks who calls',
    source: 'Configuration: listen',
  },
  {
    id: 'surface:http:limits',
    text: 'A body or a batch beyond its limit is refused with its own error',
    source: 'Configuration: limits',
  },
  {
    id: 'surface:http:slow-reader',
    text: 'A client that does not read does not make the gateway buffer without bound',
    source: 'ARCHITECTURE: ends',
  },
  {
    id: 'surface:http:no-token-passthrough',
    text: "The client's Authorization, cookies and session id never reach a server",
    source: 'MCP 2026-07-28 basic/authorization',
  },
  {
    id: 'surface:stdio:both-eras',
    text: '`gantry stdio` serves clients of both eras and writes nothing but messages to stdout',
    source: 'MCP 2026-07-28 basic/transports: stdio',
  },
  {
    id: 'surface:relay:progress',
    text: "Progress reaches the caller with the caller's own token",
    source: 'MCP 2026-07-28 basic/utilities/progress',
  },
  {
    id: 'surface:relay:logging',
    text: 'Log messages reach the caller at the level asked for and not without asking',
    source: 'MCP 2026-07-28 server/utilities/logging',
  },
  {
    id: 'surface:relay:prompts-resources-completion',
    text: 'Prompts, resources, templates and completion work as tools do',
    source: 'MCP 2026-07-28 server',
  },
  {
    id: 'surface:relay:subscriptions',
    text: 'A resource subscription delivers updates until it is ended',
    source: 'MCP 2025-11-25 server/resources: subscriptions',
  },
  {
    id: 'surface:relay:questions-legacy',
    text: 'Sampling, elicitation and roots asked by a legacy server reach the legacy client whose call it is',
    source: 'MCP 2025-11-25 client',
  },
  {
    id: 'surface:relay:questions-modern',
    text: 'Input-required rounds of a modern server reach a modern client and come back',
    source: 'MCP 2026-07-28 basic/multi-round-trip requests',
  },
  {
    id: 'surface:relay:across-eras',
    text: 'Tools, prompts, resources, templates, completion and progress work across eras in both directions',
    source: 'MCP 2026-07-28 basic/versioning',
  },
  {
    id: 'surface:conformance:0.1.16',
    text: 'The official suite 0.1.16 gives through the gateway what it gives directly',
    source: 'MCP conformance 0.1.16, active',
  },
  {
    id: 'surface:conformance:2025-11-25',
    text: 'The official suite for 2025-11-25 gives through the gateway what it gives directly',
    source: 'MCP conformance 0.2.0-alpha.12, requirements 2025-11-25',
  },
  {
    id: 'surface:conformance:2026-07-28',
    text: 'The official suite for 2026-07-28 gives through the gateway what it gives directly',
    source: 'MCP conformance 0.2.0-alpha.12, requirements 2026-07-28',
  },
  {
    id: 'surface:real-clients',
    text: 'The official inspector, the SDK clients v1 and v2 and another client library work against the gateway',
    source: 'README: what it talks to',
  },
] as const satisfies readonly Requirement[]
