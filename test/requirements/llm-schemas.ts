import type { Requirement } from './requirement.ts'

export const llmSchemas = [
  {
    id: 'schemas:bounded',
    text: 'A schema of somebody unknown, whatever is in it, takes a bounded time to understand and to check, and holds up nothing else meanwhile',
    source: 'Attack 48: schema bombs',
  },
  {
    id: 'schemas:patterns',
    text: 'Patterns of a schema are tried in linear time; one that cannot be is left out and named',
    source: 'Attack 47: regular expressions',
  },
  {
    id: 'schemas:apart',
    text: 'A schema means what it says itself: names in other schemas change nothing, and nothing is fetched',
    source: 'Attacks 49 and 50: references of schemas',
  },
  {
    id: 'schemas:right',
    text: 'Whether a value fits its schema, and where it does not, is told in the dialect of the schema',
    source: 'LLM programs: JSON',
  },
  {
    id: 'llm:json:schema',
    text: 'An answer that does not fit the schema of its caller is an error that says where; a schema that cannot be used is refused before anything is run',
    source: 'LLM programs: JSON',
  },
  {
    id: 'llm:json:repair',
    text: 'On request an answer that does not fit is asked for once more, in its session where the program can go on with it, and both count',
    source: 'LLM programs: JSON',
  },
  {
    id: 'llm:deputy:sandbox',
    text: 'Where the system has a sandbox, a program finds nothing of home folders but its own, can change nothing but the folder of its run, and sees no other process',
    source: 'Attack 08: programs as confused deputies',
  },
  {
    id: 'llm:deputy:required',
    text: 'Where a sandbox is required and there is none, nothing is run; the status tells which programs are held',
    source: 'Attack 08: programs as confused deputies',
  },
  {
    id: 'llm:api',
    text: 'A model behind an API is run as a program is: same events, results, retries, limits and journal, and nothing is started for it',
    source: 'LLM programs: APIs',
  },
] as const satisfies readonly Requirement[]
