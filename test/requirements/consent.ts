import type { Requirement } from './requirement.ts'

const source = 'Guide: approvals'

/** Calls that somebody has to allow. */
export const consent = [
  {
    id: 'consent:binding:V38',
    text: 'An approval is for one principal, one conversation, one tool as it is defined and exactly these arguments; it passes once, within its time, and nothing else',
    source,
  },
  {
    id: 'consent:changed:V38',
    text: 'Where the definition of a tool is another than the one somebody looked at, they are asked again, whatever was granted',
    source,
  },
  {
    id: 'consent:denied:V38',
    text: 'A no is final for that call in that conversation for a while: nobody is asked again, and the caller is told so',
    source,
  },
  {
    id: 'consent:order:V38',
    text: 'No order of asking, deciding, using and letting time pass lets a call through for which there is no answer that allows it',
    source,
  },
  {
    id: 'consent:digest',
    text: 'Arguments have one digest however they are spelled, and another as soon as they mean something else',
    source,
  },
  {
    id: 'consent:modern',
    text: 'A client of the modern era that shows forms is asked in the answer and calls again; its answer is for its own call only',
    source,
  },
  {
    id: 'consent:legacy',
    text: 'A client of an older era that shows forms is asked on its stream while the call waits; whoever decides first wins',
    source,
  },
  {
    id: 'consent:ends',
    text: 'A call that waits for somebody is not running yet, and leaves nothing when its client, its time or the gateway ends',
    source,
  },
  {
    id: 'consent:shown:V41',
    text: 'What is shown names the tool as it is called, its server and all arguments, with nothing hidden or cut in silence',
    source,
  },
  {
    id: 'consent:taint:V37',
    text: 'After words from outside every call that could do harm with them is asked about, also one that the rules allow',
    source,
  },
  {
    id: 'consent:stricter',
    text: 'What a client says of its own consent can only make a call stricter, and never reaches the server',
    source,
  },
  {
    id: 'consent:rules:arguments',
    text: 'A rule may look at arguments: it decides calls, hides nothing, and allows only what fits as a whole',
    source,
  },
  {
    id: 'consent:bounds',
    text: 'Calls that wait are bounded for each principal and in all, and of long arguments only a part is kept, which is said',
    source,
  },
  {
    id: 'consent:rest',
    text: 'Over REST calls that wait are listed, watched, allowed and denied by those who hold "config" for the server, and no key decides about its own',
    source,
  },
  {
    id: 'consent:always',
    text: 'What is allowed for always survives a restart, is listed and can be ended',
    source,
  },
  {
    id: 'consent:audit',
    text: 'The record of a call says which rule wanted approval, who gave it or not, and by which grant it passed',
    source,
  },
  {
    id: 'consent:cli',
    text: 'On a terminal a call that needs approval is asked about there; elsewhere it is refused with exit code 4 and the command that allows it',
    source,
  },
] as const satisfies readonly Requirement[]
