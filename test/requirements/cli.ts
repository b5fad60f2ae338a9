import type { Requirement } from './requirement.ts'

export const cli = [
  {
    id: 'cli:up:prints-addresses',
    text: 'up prints its addresses and the state of each server, and where a failed one can be looked into',
    source: 'Command line: up',
  },
  {
    id: 'cli:up:first-file',
    text: 'A gateway that was started without a configuration uses the first one that is made.',
    source: 'Command line: up',
  },
  {
    id: 'cli:up:stops-cleanly',
    text: 'SIGTERM and SIGINT let running calls end within a bound, stop every server and exit',
    source: 'Command line: up',
  },
  {
    id: 'cli:edit:add-remove',
    text: 'add, remove, enable and disable change the file and say what they did',
    source: 'Command line: add',
  },
  {
    id: 'cli:edit:running-gateway',
    text: 'add, remove, enable and disable say what a running gateway made of the change',
    source: 'Command line: add',
  },
  {
    id: 'cli:plan:changes-nothing',
    text: 'plan shows what a reload would change, or what up would start, and changes nothing',
    source: 'Command line: plan',
  },
  {
    id: 'cli:reload:refused',
    text: 'reload applies the file and shows how each server came up, or says why not and that the old configuration keeps running',
    source: 'Command line: reload',
  },
  {
    id: 'cli:doctor:server',
    text: 'doctor NAME starts a server by itself, tells each step with its time, and ends all of it again',
    source: 'Command line: doctor',
  },
  {
    id: 'cli:doctor:remedy',
    text: 'doctor NAME says at which step a server fails, why, and what to do',
    source: 'Command line: doctor',
  },
  {
    id: 'cli:doctor:everything',
    text: 'doctor tells whether configuration, port, Node, containment, limits and servers are as they should be',
    source: 'Command line: doctor',
  },
  {
    id: 'cli:ls:states',
    text: 'ls shows each server, how it is reached, its state and how many tools it offers',
    source: 'Command line: ls',
  },
  {
    id: 'cli:tools:signatures',
    text: 'tools prints each tool as a signature that can be pasted after `gantry call`',
    source: 'Command line: tools',
  },
  {
    id: 'cli:call:types',
    text: 'call takes key=value with types from the schema, and --args as JSON',
    source: 'Command line: call',
  },
  {
    id: 'cli:call:progress',
    text: 'Progress of a call shows on stderr; stdout holds the result alone',
    source: 'Command line: call',
  },
  {
    id: 'cli:call:content',
    text: 'Text is printed, an image is saved and its path shown, structured content is printed as JSON',
    source: 'Command line: call',
  },
  {
    id: 'cli:call:nearest',
    text: 'A name that does not exist is answered with the nearest one that does',
    source: 'Command line: call',
  },
  {
    id: 'cli:prompts-and-resources',
    text: 'prompts, prompt, resources and read show what the servers offer',
    source: 'Command line: prompts',
  },
  {
    id: 'cli:json:everywhere',
    text: 'Every listing has --json, and its output parses',
    source: 'Command line: --json',
  },
  {
    id: 'cli:running-or-in-process',
    text: 'Commands use the running gateway when there is one and start the servers themselves when there is none',
    source: 'Command line: call',
  },
  {
    id: 'cli:exit-codes',
    text: 'The exit code is 0 done, 1 failed, 2 wrong usage, 3 not reachable, 4 refused by policy',
    source: 'Command line: exit codes',
  },
  {
    id: 'cli:failure:remedy',
    text: 'A failure prints what happened and, under it, what to do',
    source: 'Command line: failures',
  },
] as const satisfies readonly Requirement[]
