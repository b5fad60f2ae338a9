import type { Requirement } from './requirement.ts'

/** What must hold whatever goes wrong; numbered as in the matrix of faults. */
export const faults = [
  {
    id: 'fault:F01',
    text: 'A program that crashes fails the calls it had as unknown, and no others, and takes the next call within a second',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F02',
    text: 'A program that crashes between calls is started again, and the next call waits for it',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F03',
    text: 'A program that crashes again and again is left alone after a bounded number of starts; its calls are refused and did not run',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F13',
    text: 'A program that is slow to start, or never does, holds up no other; its calls wait no longer than their time and did not run then',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F21',
    text: 'A program that cannot be run is failed with the reason at once and is not tried again by itself',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F39-lost-stream',
    text: 'A client of the older era that lost the stream of a call gets what it missed once within half a minute; after that the call is cancelled',
    source: 'MCP 2025-11-25 basic/transports: resumability',
  },
  {
    id: 'fault:F48-damaged-config',
    text: 'A file that is half-written, cut off, empty or gone is never applied: what runs stays, and the fault is shown',
    source: 'Configuration: applying changes',
  },
  {
    id: 'fault:F49-invalid-config',
    text: 'A file with one mistake is refused as a whole, with the place of every mistake',
    source: 'Configuration: applying changes',
  },
  {
    id: 'fault:F49-one-bad-server',
    text: 'A new server that does not start keeps the old configuration (strict), or is left out alone (lenient)',
    source: 'Configuration: applying changes',
  },
  {
    id: 'fault:F50-reload-storm',
    text: 'A hundred reloads under load fail no call and restart no unchanged server; the last file counts',
    source: 'Configuration: applying changes',
  },
  {
    id: 'fault:F50-changed-server',
    text: 'Calls that a replaced server works on end there, and later ones go to the new one',
    source: 'Configuration: applying changes',
  },
  {
    id: 'fault:F51-killed-save',
    text: 'A command that is killed while it saves leaves the old file or the new one, and the next command works',
    source: 'Command line: editing the file',
  },
  {
    id: 'fault:F54-clock-jumps',
    text: 'A wall clock that jumps or stands still changes no deadline, no session and no state of a server',
    source: 'ARCHITECTURE: time is handed in',
  },
  {
    id: 'fault:F57-starved',
    text: 'A gateway that gets no CPU for a while ends no healthy server, and deadlines hold once it does',
    source: 'ARCHITECTURE: time is handed in',
  },
  {
    id: 'fault:F60-killed-gateway',
    text: 'A gateway killed under load leaves no process, is ready again at once, and no call is run twice',
    source: 'ARCHITECTURE: ends',
  },
] as const satisfies readonly Requirement[]
