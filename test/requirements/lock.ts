import type { Requirement } from './requirement.ts'

const source = 'gantry.lock: what servers offered when they were found good'

/** What is kept in the lock, compared with it, and used of it. */
export const lock = [
  {
    id: 'lock:written',
    text: '`gantry lock` shows what is different and writes what servers offer into gantry.lock beside the configuration; `gantry verify` then finds it equal, and both change nothing else',
    source,
  },
  {
    id: 'lock:graded',
    text: 'every difference is told with its grade: a description, hints that admit to less or more, parameters that came or went, another form of answers, what is new, gone or has another name, other instructions, another program or version',
    source,
  },
  {
    id: 'lock:exit',
    text: '`gantry verify` exits with 0 when nothing differs that somebody has to look at, with 4 when something does, and with 1 when a server could not be compared',
    source,
  },
  {
    id: 'lock:unanswered',
    text: 'a server that does not answer, or not with its whole lists, is not locked and its entry stays; the others are locked, and the exit code is 1',
    source,
  },
  {
    id: 'lock:kept',
    text: 'whatever else stands in the lock stays: unknown members, comments, line ends, a byte order mark and the bytes of servers that did not change; the same offer gives the same bytes, whatever the order it came in',
    source,
  },
  {
    id: 'lock:broken',
    text: 'a lock that cannot be read, is of another version, says something twice or does not fit its digests is an error that names the place; no command and no gateway takes anything for good then',
    source,
  },
  {
    id: 'lock:at-once',
    text: 'two that write the lock at once both succeed, and nothing of either is lost',
    source,
  },
  {
    id: 'lock:hostile',
    text: 'names and texts of servers neither leave their place in the file nor hide in it nor move a terminal',
    source,
  },
  {
    id: 'lock:source',
    text: 'the lock says which package, command or address a server is, and none of its secrets',
    source,
  },
  {
    id: 'lock:used',
    text: 'a gateway that finds the lock beside its configuration holds or tells tools that are not in it as they are, also where nothing was ever listed before',
    source,
  },
  {
    id: 'lock:reload',
    text: 'a running gateway takes over a lock that changed, and keeps the one it has when the new one cannot be read',
    source,
  },
  {
    id: 'lock:local',
    text: 'what is approved on a machine holds there until the lock says something else of that tool, and does not change the lock',
    source,
  },
  {
    id: 'lock:renamed',
    text: 'a tool that was found good and comes back under another name is held to what holds for a change, with a lock and without',
    source,
  },
  {
    id: 'lock:real',
    text: 'a real server from npm is locked and is found as it was locked',
    source,
  },
] as const satisfies readonly Requirement[]
