import type { Requirement } from './requirement.ts'

export const house = [
  {
    id: 'house:start:fresh-clone',
    text: 'On a fresh clone with only Node 20 and npm, the program installs what is missing, builds and runs',
    source: 'README: set-up',
  },
  {
    id: 'house:start:talks-on-stderr',
    text: 'The set-up writes nothing to stdout, which belongs to the program',
    source: 'README: set-up',
  },
  {
    id: 'house:start:concurrent',
    text: 'Two starts that both need the set-up do it once and both run',
    source: 'README: set-up',
  },
  {
    id: 'house:start:rebuilds',
    text: 'A start after a source file changed runs the changed program',
    source: 'README: set-up',
  },
  {
    id: 'house:start:signals',
    text: 'A signal to npm start ends the gateway, and its exit code says so',
    source: 'README: set-up',
  },
  {
    id: 'house:start:any-folder',
    text: 'The program runs from any folder, through a symbolic link and from a path with spaces',
    source: 'README: set-up',
  },
  {
    id: 'house:start:embedded-default',
    text: 'With no configuration the gateway serves a bundled example server and prints where everything is',
    source: 'README: first screen',
  },
  {
    id: 'house:start:first-call',
    text: 'The call that the gateway prints at start works when pasted',
    source: 'README: first screen',
  },
  {
    id: 'house:package:runs',
    text: 'The packed package installs elsewhere and runs on Node 24 and Node 26',
    source: 'README: set-up',
  },
  {
    id: 'house:package:old-node',
    text: 'The installed program on a Node that is too old says which Node it needs and how to get it',
    source: 'README: set-up',
  },
  {
    id: 'house:imports:one-way',
    text: 'A part imports only the parts that the printed table allows',
    source: 'ARCHITECTURE: parts',
  },
  {
    id: 'house:imports:quiet',
    text: 'Only programs read the environment, write to the console or exit; core names no clock, timer or socket',
    source: 'ARCHITECTURE: parts',
  },
  {
    id: 'house:readme:real-output',
    text: 'The commands of the README run, and their output has the shape that the README shows',
    source: 'README: first screen',
  },
] as const satisfies readonly Requirement[]
