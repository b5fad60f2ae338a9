import type { Requirement } from './requirement.ts'

/** Cases that gateways get wrong in the field. */
export const edges = [
  {
    id: 'edge:01-ids',
    text: 'Two clients use one id at once and each gets its own result; 1, "1", 0, "" and 9007199254740993 come back exactly',
    source: 'JSON-RPC 2.0 section 4',
  },
  {
    id: 'edge:02-progress-tokens',
    text: 'A token returns with its own type, equal tokens of two clients do not cross, none means none, and nothing follows the result',
    source: 'MCP 2026-07-28 basic/utilities/progress',
  },
  {
    id: 'edge:03-cancel-legacy',
    text: 'A legacy cancellation reaches exactly the server of that call with the id used there, also while the session is busy',
    source: 'MCP 2025-11-25 basic/utilities/cancellation',
  },
  {
    id: 'edge:04-cancel-by-closing',
    text: 'Closing the response stream cancels a modern call and does not cancel a legacy one',
    source: 'MCP 2026-07-28 basic/transports: Streamable HTTP',
  },
  {
    id: 'edge:06-restarted-server',
    text: 'After a server forgot our session (404, or 400 or 404 text) the next call succeeds without the client doing anything',
    source: 'MCP 2025-11-25 basic/transports: session management',
  },
  {
    id: 'edge:07-unknown-session',
    text: 'Our own unknown or ended session id is 404 on POST, GET and DELETE, and stays so after DELETE',
    source: 'MCP 2025-11-25 basic/transports: session management',
  },
  {
    id: 'edge:08-era-fallback',
    text: 'The era probe falls back on every sign of a legacy server and on no sign of an outage or a refusal',
    source: 'MCP 2026-07-28 basic/versioning',
  },
  {
    id: 'edge:09-era-probe-harmless',
    text: 'Probing leaves no session behind and does not kill the real child; the verdict is kept, and an upgraded server is found',
    source: 'MCP 2026-07-28 basic/versioning',
  },
  {
    id: 'edge:10-name-headers',
    text: 'A renamed tool reaches its server under its own name in header and body, and a header that contradicts the body is -32020',
    source: 'MCP 2026-07-28 basic/transports: standard headers',
  },
  {
    id: 'edge:11-param-headers',
    text: 'Mcp-Param headers are sent from the first call on, null sends none, nested ones work, and a bad annotation hides nothing',
    source: 'MCP 2026-07-28 basic/transports: custom headers',
  },
  {
    id: 'edge:13-same-uri',
    text: 'One URI on two servers: both readable, updates carry the shown URI, one client ending its subscription leaves the other its own',
    source: 'MCP 2025-11-25 server/resources: subscriptions',
  },
  {
    id: 'edge:14-templates-and-links',
    text: 'Completion for a rewritten template reaches the right server with the original, and a link returned by a tool is readable',
    source: 'MCP 2026-07-28 server/utilities/completion',
  },
  {
    id: 'edge:15-names-do-not-collide',
    text: 'a__b on x and b on x__a stay two tools, and every listed name is accepted',
    source: 'Configuration: naming',
  },
  {
    id: 'edge:16-unknown-fields',
    text: 'Unknown content, vendor fields, annotations, icons, outputSchema and any structuredContent survive byte-equal',
    source: 'MCP 2026-07-28 server/tools: results',
  },
  {
    id: 'edge:18-dead-server',
    text: 'With one server dead or hanging the rest is listed within the bound; with all dead the list is an error; recovery is announced',
    source: 'ARCHITECTURE: the catalogue is state',
  },
  {
    id: 'edge:20-request-state',
    text: 'Request state returns to its server byte-exact; tampered, foreign or moved to other arguments it is -32602',
    source: 'MCP 2026-07-28 basic/multi-round-trip requests',
  },
  {
    id: 'edge:22-listen',
    text: 'listen acknowledges first, keeps the id with its type, sends only what was asked for, and ends with a result',
    source: 'MCP 2026-07-28 basic/subscriptions',
  },
  {
    id: 'edge:23-sse-parsing',
    text: 'Every line ending, split, byte order mark, comment and empty field of the format is read as the standard says',
    source: 'WHATWG HTML: server-sent events',
  },
  {
    id: 'edge:24-stdio-manners',
    text: 'Noise on stdout is skipped, stderr never blocks, a crash in the handshake is told at once, and nothing outlives the gateway',
    source: 'MCP 2026-07-28 basic/transports: stdio',
  },
] as const satisfies readonly Requirement[]
