import type { Requirement } from './requirement.ts'

const matrix = 'reliability: fault matrix'

/** How the door treats those who come too many, too slowly or at the wrong moment. */
export const doors = [
  {
    id: 'health:ready',
    text: '/livez says that the program answers; /readyz says 503 with the reason while it starts or drains, and 200 whatever its servers do',
    source: 'README: addresses',
  },
  {
    id: 'door:take-over',
    text: 'A second gateway takes over the port of the first: no connection is refused or reset, no call is lost',
    source: 'reliability: L10',
  },
  {
    id: 'fault:F41-slow-reader',
    text: 'A client that stops reading is cut off, one that reads slowly gets all it asked for',
    source: matrix,
  },
  {
    id: 'fault:F42-idle-streams',
    text: 'Ten thousand idle streams cost at most 24 KB each, have no timer of their own and are all told of a change',
    source: matrix,
  },
  {
    id: 'fault:F43-overload',
    text: 'While the gateway is late it refuses new calls before their bodies are read, never what ends or answers something, and takes all again within five seconds after',
    source: matrix,
  },
  {
    id: 'fault:F44-limits',
    text: 'Connections, slow heads, slow bodies and requests sent without waiting are bounded, for the whole and for one client',
    source: matrix,
  },
  {
    id: 'fault:F45-abandoned-sessions',
    text: 'Sessions that clients leave behind are ended in the order of their last use, and their memory comes back',
    source: matrix,
  },
  {
    id: 'fault:F55-file-descriptors',
    text: 'Clients cannot use up the file descriptors: those too many are told so, servers can still be started, and all is well when they leave',
    source: matrix,
  },
  {
    id: 'fault:F56-memory',
    text: 'With little memory left calls are refused and lists served, until there is room again',
    source: matrix,
  },
  {
    id: 'fault:F58-uncaught',
    text: 'What a request handler throws fails that request only; what nobody catches ends the program in order with exit code 70',
    source: matrix,
  },
  {
    id: 'fault:F59-drain',
    text: 'On SIGTERM short calls end, long ones are told that it is unknown whether they ran, and the exit code is 0',
    source: matrix,
  },
] as const satisfies readonly Requirement[]
