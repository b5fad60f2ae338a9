import type { Requirement } from './requirement.ts'

export const llmGateway = [
  {
    id: 'llm:inside:server',
    text: 'The gateway offers LLM programs as its server llm, which is listed, called, followed, cancelled and written down like any other, in both eras',
    source: 'LLM programs in the gateway',
  },
  {
    id: 'llm:inside:rest',
    text: 'Runs are listed, read and ended over REST and from the command line as over MCP',
    source: 'LLM programs in the gateway',
  },
  {
    id: 'llm:inside:detached',
    text: 'A run outlives its caller when the caller asked for it, and else ends with the call',
    source: 'LLM programs in the gateway',
  },
  {
    id: 'llm:inside:reload',
    text: 'Another configuration changes the programs and ends no run; a server that somebody called llm keeps its name',
    source: 'LLM programs in the gateway',
  },
  {
    id: 'llm:inside:lost',
    text: 'What was under way when the gateway was killed is told as lost by the next one, and does not run',
    source: 'LLM programs in the gateway',
  },
  {
    id: 'llm:inside:owners',
    text: 'Whoever may not look into everything sees, reads, resumes and cancels their own runs only',
    source: 'LLM programs in the gateway',
  },
  {
    id: 'llm:inside:rules',
    text: 'The access rules hold for the tools that run programs, whichever way they are reached',
    source: 'LLM programs in the gateway',
  },
  {
    id: 'llm:tools:narrowed',
    text: 'A run with tools gets those its caller asked for and may call, and nothing else; what runs programs only by name, and not without end',
    source: 'Attack 58: loops and spending',
  },
  {
    id: 'llm:tools:key',
    text: 'The key of a run stands in no argument and no file that stays, and is refused when the run is over',
    source: 'LLM programs: tools for the programs',
  },
  {
    id: 'llm:tools:switch',
    text: 'Programs get tools only where the operator and the caller both want it',
    source: 'LLM programs: tools for the programs',
  },
  {
    id: 'llm:tools:real',
    text: 'A real program calls a tool of another server through the gateway, and the call stands in the audit log under its run',
    source: 'LLM programs: tools for the programs',
  },
] as const satisfies readonly Requirement[]
