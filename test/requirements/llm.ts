import type { Requirement } from './requirement.ts'

export const llm = [
  {
    id: 'llm:argv:template',
    text: 'A program is started with exactly the arguments of its template, and the prompt is its input, whatever the prompt is',
    source: 'Attack 03: arguments of programs',
  },
  {
    id: 'llm:env:declared',
    text: 'A program gets what is declared for it of our environment, and nothing else',
    source: 'Attack 04: environment',
  },
  {
    id: 'llm:deputy:bounded',
    text: 'A program that prints without end, hangs, ignores signals or starts others is ended with all of them, and the result says why',
    source: 'Attack 08: programs as confused deputies',
  },
  {
    id: 'llm:deputy:safe-by-default',
    text: 'No built-in program is started with what bypasses its permissions, and none may edit unless configuration and call both say so',
    source: 'Attack 08: programs as confused deputies',
  },
  {
    id: 'llm:run:leaves-nothing',
    text: 'A run that was cancelled, took too long or was abandoned leaves no process and no file',
    source: 'LLM programs: execution',
  },
  {
    id: 'llm:run:retry',
    text: 'A program that was refused before it worked, and says so by structure, is started again after a wait; else it is not',
    source: 'LLM programs: execution',
  },
  {
    id: 'llm:run:answer-is-no-error',
    text: 'What an answer says is never taken for a rate limit or another failure',
    source: 'LLM programs: execution',
  },
  {
    id: 'llm:run:queue',
    text: 'So many runs of a program go on at once; the rest waits in order, and what is too much is refused',
    source: 'LLM programs: execution',
  },
  {
    id: 'llm:run:journal',
    text: 'A run can be read when its caller is gone, is readable by its owner only, and old ones are removed',
    source: 'LLM programs: execution',
  },
  {
    id: 'llm:run:session',
    text: 'A session goes on in the folder where it began, with the arguments of the program for it',
    source: 'LLM programs: sessions',
  },
  {
    id: 'llm:events:uniform',
    text: 'Text, tools, usage, sessions, retries and failures of each known program become the same events, however its output is cut',
    source: 'LLM programs: events',
  },
  {
    id: 'llm:json:linear',
    text: 'JSON is found in an answer in time that depends on its length alone',
    source: 'LLM programs: JSON',
  },
  {
    id: 'llm:config:programs',
    text: 'Programs are changed and added by configuration, and what is wrong with one is told',
    source: 'LLM programs: configuration',
  },
  {
    id: 'llm:mcp:tools',
    text: 'gantry llm offers the tools of system D by their names and result fields, and those to resume, cancel and read runs, in both eras',
    source: 'LLM programs: tools',
  },
  {
    id: 'llm:mcp:stream',
    text: 'The answer reaches the client piece by piece as progress and log notifications while the program writes it, and whole at the end',
    source: 'LLM programs: tools',
  },
  {
    id: 'llm:mcp:abandoned',
    text: 'A call that is cancelled, and a client that leaves, end the run and everything it has started',
    source: 'LLM programs: tools',
  },
  {
    id: 'llm:mcp:status-is-free',
    text: 'The status says what is installed, which version, and signed in or not, without asking a model',
    source: 'LLM programs: status',
  },
] as const satisfies readonly Requirement[]
