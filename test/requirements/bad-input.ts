import type { Requirement } from './requirement.ts'

export const badInput = [
  {
    id: 'bad:client:not-json',
    text: 'A message that is not JSON is answered with -32700, and others go on',
    source: 'JSON-RPC 2.0 section 5.1',
  },
  {
    id: 'bad:client:wrong-types',
    text: 'A message whose members have the wrong types is answered with its own error and its id',
    source: 'JSON-RPC 2.0 section 5.1',
  },
  {
    id: 'bad:client:deep-or-huge',
    text: 'A message that is too deep or too large is refused without being parsed',
    source: 'Configuration: limits',
  },
  {
    id: 'bad:client:unknown-method',
    text: 'An unknown method is answered with -32601 on that request',
    source: 'JSON-RPC 2.0 section 5.1',
  },
  {
    id: 'bad:client:unknown-tool',
    text: 'An unknown tool is answered with -32602 and the nearest name',
    source: 'MCP 2026-07-28 server/tools: errors',
  },
  {
    id: 'bad:server:no-such-command',
    text: 'A server whose command does not exist is named with the command; the other servers work',
    source: 'Troubleshooting: a server does not start',
  },
  {
    id: 'bad:server:garbage',
    text: 'A server that prints lines that are not messages still works, and the lines are in its log',
    source: 'MCP 2026-07-28 basic/transports: stdio',
  },
  {
    id: 'bad:server:never-answers',
    text: 'A server that never answers fails its own calls at their deadline and no others',
    source: 'Configuration: servers.timeoutMs',
  },
  {
    id: 'bad:server:answers-twice',
    text: 'A second answer to one request is dropped and reaches nobody',
    source: 'JSON-RPC 2.0 section 5',
  },
  {
    id: 'bad:server:dies-in-handshake',
    text: 'A server that dies in the handshake is reported at once with the last it printed',
    source: 'Troubleshooting: a server does not start',
  },
] as const satisfies readonly Requirement[]
