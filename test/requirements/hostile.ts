import type { Requirement } from './requirement.ts'

const source = 'security: V34-V36'

/** What holds where a server means harm with what it offers. */
export const hostile = [
  {
    id: 'security:V34',
    text: 'What a person cannot see in the lists of a server no model reads, and what is too long is cut or left out, with the reason told',
    source,
  },
  {
    id: 'security:V34:bytes',
    text: 'What is clean in a list is relayed byte for byte',
    source,
  },
  {
    id: 'security:V35',
    text: 'A tool that is not what it was when it was found good is told once, and where it is wanted shown as it was and not called until it is approved',
    source,
  },
  {
    id: 'security:V35:same',
    text: 'Another spelling of the same, and hints that only admit to more harm, are no change',
    source,
  },
  {
    id: 'security:V36',
    text: 'A shown name leads to one tool of one server, and no server can take the name of the tool of another',
    source,
  },
  {
    id: 'security:V36:aliases',
    text: 'A server is not called by letters that look like others, nor by a name that another has',
    source,
  },
] as const satisfies readonly Requirement[]
