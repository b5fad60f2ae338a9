import type { Requirement } from './requirement.ts'

const source = 'security: vulnerability classes'

/** What attackers have done to others, by the number of the class. */
export const security = [
  {
    id: 'security:V01',
    text: 'V01: nobody but who holds `programs` makes a program start by way of an address, whatever the body is made of',
    source,
  },
  {
    id: 'security:V02',
    text: 'V02: the words of a configured command reach the program as they stand, and no shell reads them',
    source,
  },
  {
    id: 'security:V03',
    text: 'V03: nothing that a client sends becomes an argument of a program, and what begins with a dash stays what it is',
    source,
  },
  {
    id: 'security:V04',
    text: 'V04: a program gets no variable of ours that was not declared for it; what steers programs or refers to this machine is not taken over an address',
    source,
  },
  {
    id: 'security:V09',
    text: 'V09: every request that names another host or origin is refused, on every route and upgrade, before it is looked at',
    source,
  },
  {
    id: 'security:V10',
    text: 'V10: no web page gets a WebSocket, whatever it shows',
    source,
  },
  {
    id: 'security:V11',
    text: 'V11: what a web page can send without being let changes nothing, and reading has no effect',
    source,
  },
  {
    id: 'security:V12',
    text: 'V12: nothing is open to other machines by default, no secret comes with the program or is weak, and a credential that is not good is never looked past, but for keys that are none of ours at `/v1`',
    source,
  },
  {
    id: 'security:V13',
    text: 'V13: every route asks for a scope, and everything that has a name is only there for those who may see it',
    source,
  },
  {
    id: 'security:V14',
    text: 'V14: those of whom nobody knows who they are are few, have little time and cost little',
    source,
  },
  {
    id: 'security:V16',
    text: 'V16: an id of a session or a state is worth nothing to anybody but its principal',
    source,
  },
  {
    id: 'security:V17',
    text: 'V17: a reply reaches the caller whose request caused it, whatever ids clients choose and servers make up',
    source,
  },
  {
    id: 'security:V18',
    text: 'V18: a request of a server is never taken for an answer, whatever its id',
    source,
  },
  {
    id: 'security:V33',
    text: 'V33: secrets are nowhere but where they are used: not in logs, state, metrics, arguments or answers',
    source,
  },
  {
    id: 'security:V42',
    text: 'V42: whatever text comes in, each event is one line that parses and says nothing it was not meant to say',
    source,
  },
  {
    id: 'security:hidden',
    text: 'V13: who lacks a scope cannot tell a hidden thing from one that does not exist, on any surface',
    source,
  },
  {
    id: 'security:V58',
    text: 'V58: a gateway that is its own server, alone or round others, notices that its requests come back and refuses them',
    source,
  },
] as const satisfies readonly Requirement[]
