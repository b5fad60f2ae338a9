import type { Requirement } from './requirement.ts'

/** Reading the files of clients, and leading clients to the gateway. */
export const clients = [
  {
    id: 'clients:paths:per-system',
    text: 'The file of each client is looked for where that client has it on Linux, macOS and Windows',
    source: 'Guide: import, connect a client',
  },
  {
    id: 'clients:import:formats',
    text: 'The entries of each known client, as its own documentation writes them, become servers of ours',
    source: 'Guide: import',
  },
  {
    id: 'clients:import:any-shape',
    text: 'A pasted snippet with comments, a bare server and the command line of another program are understood',
    source: 'Guide: import',
  },
  {
    id: 'clients:import:host-manager',
    text: 'The file of the host manager that Gantry takes the place of is read as it is',
    source: 'Guide: import',
  },
  {
    id: 'clients:import:dry-run',
    text: 'Without --write the report tells what is new, same, clashing, disabled or unusable, and nothing is changed',
    source: 'Guide: import',
  },
  {
    id: 'clients:import:write',
    text: 'With --write what is new is added as `gantry add` adds it: comments stay, a file that cannot be read is not touched',
    source: 'Guide: import',
  },
  {
    id: 'clients:import:variables',
    text: 'The variables that a client knows become ours, and one that is not set is told and not written',
    source: 'Guide: import',
  },
  {
    id: 'clients:import:secrets',
    text: 'A literal secret is shown masked only, and can be moved to a file that only its owner may read',
    source: 'Guide: import',
  },
  {
    id: 'clients:import:foreign-keys',
    text: 'Keys of other programs get our meaning, are kept aside, or are a reason not to take the server over; none is lost silently',
    source: 'Guide: import',
  },
  {
    id: 'clients:import:names',
    text: 'Of two different servers with one name one is taken, and the other can be given another name',
    source: 'Guide: import',
  },
  {
    id: 'clients:import:odd-files',
    text: 'A file that is broken, huge or no plain file is told with its place, and does not stop the others',
    source: 'Guide: import',
  },
  {
    id: 'clients:import:nothing-runs',
    text: 'Nothing that is found is started, and what came with a folder is left out unless asked for',
    source: 'Guide: import',
  },
  {
    id: 'clients:import:no-loop',
    text: 'An entry that leads to this gateway is not imported into it',
    source: 'Guide: import',
  },
  {
    id: 'clients:connect:formats',
    text: 'What is written for a client is what importing that client reads, for each client',
    source: 'Guide: connect a client',
  },
  {
    id: 'clients:connect:keeps-the-rest',
    text: "Writing an entry keeps every other byte of the client's file and a copy of it, shows what changed, and does it once",
    source: 'Guide: connect a client',
  },
  {
    id: 'clients:connect:no-key',
    text: 'No entry, command or link holds a key: it refers to a variable, or says that this client cannot',
    source: 'Guide: connect a client',
  },
  {
    id: 'clients:connect:other-ways',
    text: "The client's own command and link add the same entry",
    source: 'Guide: connect a client',
  },
  {
    id: 'clients:connect:bridge',
    text: 'A client that only starts programs gets a command that works from any folder',
    source: 'Guide: connect a client',
  },
  {
    id: 'clients:connect:real-client',
    text: 'A real client takes the file that was written and reaches the servers through it',
    source: 'Guide: connect a client',
  },
] as const satisfies readonly Requirement[]
