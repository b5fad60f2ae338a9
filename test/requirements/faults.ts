import type { Requirement } from './requirement.ts'

/** What must hold whatever goes wrong; numbered as in the matrix of faults. */
export const faults = [
  {
    id: 'fault:mixed-load',
    text: 'Of a hundred thousand mixed calls with thirty-two faults none is lost, misrouted or run twice, and every unknown outcome is explained by a fault',
    source: 'ARCHITECTURE: the life of a call',
  },
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
    id: 'fault:F04',
    text: 'What a program prints besides its messages is skipped, counted and kept to read; one that prints nothing else is ended',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F05',
    text: 'An answer far over the limit fails its own call alone, and costs the gateway no more memory than the limit',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F06',
    text: 'An answer that never ends fails its call when its time is over, and the program is started again when others fail too',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F07',
    text: 'Text arrives exactly, wherever its bytes are cut on the way',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F08',
    text: 'Bytes that are no UTF-8 fail their own line alone; a byte order mark, CR LF and U+2028 are taken',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F09',
    text: 'A program that floods its standard error is answered; the end of it is kept',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F10',
    text: 'A call that gets no answer is cancelled and unknown when its time is over; a program that answers nothing any more is started again',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F11',
    text: 'A program that stops reading is sent no more than the bound, and is started again',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F12',
    text: 'A program that ignores every request to end is ended with all it started',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F13',
    text: 'A program that is slow to start, or never does, holds up no other; its calls wait no longer than their time and did not run then',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F14',
    text: 'Answers in any order, with notifications in between, each reach their own caller',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F15',
    text: 'A second answer, or one that nobody asked for, is counted and reaches nobody',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F16',
    text: 'An answer that comes too late is counted and reaches nobody, nor the call that came next',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F17',
    text: 'A question in the middle of a call is answered, and the call completes',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F18',
    text: 'A program that closes its input ends when it is written to, and nothing is thrown',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F19',
    text: 'A program that closes its output and runs on is started again',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F20',
    text: 'A program that takes more than it may is ended with the reason, and no other suffers',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F21',
    text: 'A program that cannot be run is failed with the reason at once and is not tried again by itself',
    source: 'ARCHITECTURE: servers that come and go',
  },
  {
    id: 'fault:F38',
    text: 'A client of 2026-07-28 that leaves in the middle of a call cancels it at the server and frees its turn',
    source: 'MCP 2026-07-28 basic/transports: Streamable HTTP',
  },
  {
    id: 'fault:F40',
    text: 'A second request under an id that is in use in its session is refused, and the first one is answered',
    source: 'JSON-RPC 2.0 section 4',
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
  {
    id: 'fault:retry-table',
    text: 'What may have run is sent again only where that is harmless, at whatever moment its server breaks; the answer says which',
    source: 'ARCHITECTURE: servers that come and go',
  },
] as const satisfies readonly Requirement[]
