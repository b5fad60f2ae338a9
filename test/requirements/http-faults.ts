import type { Requirement } from './requirement.ts'

const source = 'ARCHITECTURE: servers that come and go'

/** What must hold whatever goes wrong with a server over HTTP; numbered as in the matrix of faults. */
export const httpFaults = [
  {
    id: 'fault:F22',
    text: 'A server whose address refuses, is not found or is not looked up in time was sent nothing: the call is tried again within its budget, says that it did not run, and counts against the server',
    source,
  },
  {
    id: 'fault:F23',
    text: 'A connection that is reset after the request left fails a call of an unsafe tool as unknown, run once; what only reads is sent again',
    source,
  },
  {
    id: 'fault:F24',
    text: 'A connection that was idle for 15 s, or as long as its server says, is not used again; what is swallowed on an open one ends with the deadline (WebSockets do not exist here yet)',
    source,
  },
  {
    id: 'fault:F25',
    text: 'An answer stream that breaks off is taken up again after its last event where a legacy server numbers them, and nothing comes twice; elsewhere the outcome is unknown',
    source: 'MCP 2025-11-25 basic/transports: resumability',
  },
  {
    id: 'fault:F26',
    text: 'A server that answers a byte at a time is given up at the deadline, however much it sends, and costs no memory',
    source,
  },
  {
    id: 'fault:F27',
    text: 'A server that refuses our credentials, once or for good, is not asked again for the same call, which did not run; the rest goes on (fetching new credentials does not exist here yet)',
    source,
  },
  {
    id: 'fault:F28',
    text: 'A session that a legacy server forgot is opened once for all who notice, and only what reads is sent again; an unknown method of a modern server is an answer and no lost session',
    source: 'MCP 2025-11-25 basic/transports: session management',
  },
  {
    id: 'fault:F29',
    text: 'A server that announces changed lists a thousand times a second is asked twice a second, clients hear of it no more often, and the last change is always seen',
    source,
  },
  {
    id: 'fault:F30',
    text: 'A busy server is asked once more at the time it names if that is before the deadline, and not at all otherwise; a time that cannot be read is none, and callers do not come back all at once',
    source,
  },
  {
    id: 'fault:F31',
    text: 'A redirect is not followed, wherever it leads, and nobody else sees the credentials',
    source,
  },
  {
    id: 'fault:F32',
    text: 'What is no answer, whatever its type, length or status, is an error of the server; what it wrote is shown to the operator only',
    source,
  },
  {
    id: 'fault:F33',
    text: 'An answer that is packed or larger than the limit is given up at once and costs no memory',
    source,
  },
  {
    id: 'fault:F34',
    text: 'A server whose certificate is expired or for another name, that offers only old TLS, or that never ends the handshake, is sent nothing; the reason says why, and nothing weaker is tried',
    source,
  },
  {
    id: 'fault:F35',
    text: 'A server that comes back in the other era, either way, is asked once what it is and then called in that era, without a restart of the gateway and without a loop',
    source: 'MCP 2026-07-28 basic/lifecycle',
  },
  {
    id: 'fault:F35-headers',
    text: 'A modern server that refuses the headers of a call because its tools changed is asked for them and called once more, and no more than once',
    source: 'MCP 2026-07-28 basic/transports: HeaderMismatch',
  },
  {
    id: 'fault:F36',
    text: 'A slow server does not slow down the calls of another',
    source: 'ARCHITECTURE: the life of a call',
  },
  {
    id: 'fault:F37',
    text: 'A server that keeps its state with the client may ask for more input eight times in one call; kinds of input we do not know pass, as does its word that a capability is missing',
    source: 'MCP 2026-07-28 basic/patterns: multi round-trip requests',
  },
  {
    id: 'fault:hung-server',
    text: 'A thousand calls that wait for a hung server do not slow down the calls of another',
    source: 'ARCHITECTURE: the life of a call',
  },
  {
    id: 'fault:overload',
    text: 'Offered five times what a server can do, it still does most of what it can, and is as before within five seconds after',
    source: 'ARCHITECTURE: the life of a call',
  },
] as const satisfies readonly Requirement[]
