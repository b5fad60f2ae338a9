import type { Requirement } from './requirement.ts'

export const catalog = [
  {
    id: 'catalog:names:own-name',
    text: 'A tool keeps its own name while no other server offers that name, else it is server__tool',
    source: 'Configuration: naming',
  },
  {
    id: 'catalog:names:prefix',
    text: 'With `naming: prefix` every name carries its server',
    source: 'Configuration: naming',
  },
  {
    id: 'catalog:names:own-endpoint',
    text: "A server's own endpoint shows its raw names",
    source: 'README: addresses',
  },
  {
    id: 'catalog:order:stable',
    text: 'Lists have the same order on every request and after a restart',
    source: 'MCP 2026-07-28 server/tools: listing',
  },
  {
    id: 'catalog:list:no-fan-out',
    text: 'A list is answered without asking any server',
    source: 'ARCHITECTURE: the catalogue is state',
  },
  {
    id: 'catalog:list:persisted',
    text: 'After a restart the last known entries are listed before any server has started',
    source: 'ARCHITECTURE: the catalogue is state',
  },
  {
    id: 'catalog:list:pages',
    text: 'A long list comes in pages, and a cursor that is not ours is refused',
    source: 'MCP 2026-07-28 server/utilities/pagination',
  },
  {
    id: 'catalog:uris:rewritten-everywhere',
    text: 'A colliding URI is shown rewritten in lists, templates, reads, links, embedded resources and updates alike',
    source: 'MCP 2026-07-28 server/resources',
  },
  {
    id: 'catalog:uris:text-untouched',
    text: 'A URI inside text or a blob is not rewritten',
    source: 'MCP 2026-07-28 server/resources',
  },
  {
    id: 'call:deadline:fires',
    text: 'A call that outlasts its deadline is answered with an error and cancelled at its server',
    source: 'Configuration: servers.timeoutMs',
  },
  {
    id: 'call:cancel:reaches-upstream',
    text: 'A cancelled call is cancelled at its server in the way of its era',
    source: 'MCP 2026-07-28 basic/utilities/cancellation',
  },
  {
    id: 'call:cancel:overtaken',
    text: 'A cancellation that travels on another socket than its request reaches the server also when it overtakes it',
    source: 'MCP 2025-11-25 basic/utilities/cancellation',
  },
  {
    id: 'call:retry:not-sent',
    text: 'What never reached the server may be sent again, whatever the method',
    source: 'ARCHITECTURE: the retry rule',
  },
  {
    id: 'call:retry:read-only',
    text: 'What may have been sent is sent again only when the method is read-only',
    source: 'ARCHITECTURE: the retry rule',
  },
] as const satisfies readonly Requirement[]
