import type { Requirement } from './requirement.ts'

export const upstreams = [
  {
    id: 'upstream:era:matrix',
    text: 'A legacy and a modern server work over stdio and over HTTP, for a client of either era',
    source: 'MCP 2026-07-28 basic/lifecycle',
  },
  {
    id: 'upstream:calls:multiplexed',
    text: 'Many calls are in flight on one connection and each gets its own answer',
    source: 'JSON-RPC 2.0 section 4',
  },
  {
    id: 'upstream:list:all-pages',
    text: 'Every page of a list is fetched before it is merged',
    source: 'MCP 2025-11-25 server/utilities/pagination',
  },
  {
    id: 'upstream:list:changes',
    text: 'A change that a server announces shows in the list and is announced to clients',
    source: 'MCP 2025-11-25 server/tools: list changed',
  },
  {
    id: 'upstream:session:recovered',
    text: 'A lost session is opened again without the client doing anything',
    source: 'MCP 2025-11-25 basic/transports: session management',
  },
  {
    id: 'upstream:session:no-replay',
    text: 'A call that may have run is not sent again when its session or connection is lost; the answer says so',
    source: 'ARCHITECTURE: the retry rule',
  },
  {
    id: 'upstream:stdio:environment',
    text: 'A child sees the declared variables and nothing else of our environment',
    source: 'Configuration: servers.env',
  },
  {
    id: 'upstream:stdio:stderr-kept',
    text: 'What a server prints on stderr is kept up to a bound and shown by `gantry logs NAME`',
    source: 'Command line: logs',
  },
  {
    id: 'upstream:stdio:tree-dies',
    text: 'When a server ends or is stopped, its whole process tree is gone',
    source: 'ARCHITECTURE: ends',
  },
  {
    id: 'upstream:stdio:killed-gateway',
    text: 'When the gateway is killed with SIGKILL, fifty times, no process of its servers is left',
    source: 'ARCHITECTURE: ends',
  },
  {
    id: 'upstream:stdio:abort-cycles',
    text: 'A thousand connect and abort cycles leave no process',
    source: 'ARCHITECTURE: ends',
  },
  {
    id: 'upstream:http:one-door',
    text: 'Every outbound request passes the address check, also after a redirect and after the name was resolved',
    source: 'Configuration: servers.allowPrivate',
  },
  {
    id: 'upstream:http:redirects',
    text: 'A redirect to another origin never carries credentials',
    source: 'RFC 9110 section 15.4',
  },
  {
    id: 'upstream:http:caps',
    text: 'Headers, bodies and decompressed bodies beyond the limit fail that call only',
    source: 'Configuration: limits',
  },
  {
    id: 'upstream:http:fallback-engine',
    text: 'The same calls work with either HTTP engine',
    source: 'Configuration: servers.http',
  },
  {
    id: 'upstream:real-servers',
    text: 'Eight published servers of different make work through the gateway',
    source: 'README: what it talks to',
  },
] as const satisfies readonly Requirement[]
