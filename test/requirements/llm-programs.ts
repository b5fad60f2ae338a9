import type { Requirement } from './requirement.ts'

export const llmPrograms = [
  {
    id: 'llm:argv:own-commands',
    text: 'A prompt that a program would take for a command to itself is refused',
    source: 'Attack 03: arguments of programs',
  },
  {
    id: 'llm:real:text',
    text: 'The real programs get a prompt as it is, whatever is in it, and their answer is the result',
    source: 'LLM programs: real programs against a fake provider',
  },
  {
    id: 'llm:real:stream',
    text: 'What a real program prints first reaches the client before its provider has sent the rest',
    source: 'LLM programs: real programs against a fake provider',
  },
  {
    id: 'llm:real:json',
    text: 'JSON is found in the answers of the real programs, and those that can hand a schema on to their provider',
    source: 'LLM programs: real programs against a fake provider',
  },
  {
    id: 'llm:real:session',
    text: 'A session of a real program goes on: its provider gets what was said before',
    source: 'LLM programs: real programs against a fake provider',
  },
  {
    id: 'llm:real:limits',
    text: 'A rate limit of a provider ends in its answer, and a refused key in the advice to sign in',
    source: 'LLM programs: real programs against a fake provider',
  },
  {
    id: 'llm:real:ends',
    text: 'A real program that was cancelled or takes too long is gone with everything it has started',
    source: 'LLM programs: real programs against a fake provider',
  },
  {
    id: 'llm:real:claude',
    text: 'The real claude tells its version and knows every argument that it is started with',
    source: 'LLM programs: real programs against a fake provider',
  },
] as const satisfies readonly Requirement[]
