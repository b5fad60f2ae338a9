import type { Requirement } from './requirement.ts'

const source = 'Guide: access'

/** Who may do what, and what nobody may do. */
export const access = [
  {
    id: 'access:keys:V33',
    text: 'A key is shown once; what is kept is a digest that only its owner may read, and a key in an address is refused',
    source,
  },
  {
    id: 'access:keys:rotation',
    text: 'Two keys of one name are good at once and the same principal: one takes the place of the other without a break',
    source,
  },
  {
    id: 'access:keys:revoked',
    text: 'Within a second of its end a key gets nobody in, and what was open with it is closed',
    source,
  },
  {
    id: 'access:bind:V12',
    text: 'An address that other machines reach is listened on only where keys are required and there is one; no key comes with the program',
    source,
  },
  {
    id: 'access:invalid:V12',
    text: 'A key that is shown and not good is 401 on every route, also where none is needed',
    source,
  },
  {
    id: 'access:routes:V13',
    text: 'Every route has a scope, one without is not served, and each answers everybody as its scope says',
    source,
  },
  {
    id: 'access:host:V09',
    text: 'A foreign Host or Origin is refused on every route, before anything is asked about the key',
    source,
  },
  {
    id: 'access:forms:V11',
    text: 'What a web page can send without asking first changes nothing, and reading changes nothing',
    source,
  },
  {
    id: 'access:sessions:V16',
    text: 'A session belongs to its principal; to all others it does not exist, whatever they do with its id',
    source,
  },
  {
    id: 'access:replies:V17',
    text: 'Clients that use the same ids at the same time each get their own answers, whatever the server does',
    source,
  },
  {
    id: 'access:requests:V18',
    text: 'A request of a server that has the id of a call is no answer to it',
    source,
  },
  {
    id: 'access:tuples:V36',
    text: 'Rules and scopes look at server and tool, never at a name made of both: none fits what it does not name',
    source,
  },
  {
    id: 'access:rules:first-fits',
    text: 'The first rule that fits decides; denied is hidden, ask is refused with needs_approval, hints count only where they are trusted',
    source,
  },
  {
    id: 'access:hidden:everywhere',
    text: 'Who may not see a tool, a server, a prompt or a resource cannot tell it from one that does not exist, on any surface',
    source,
  },
  {
    id: 'access:profiles:views',
    text: 'A profile shows its part of everything at its own address, in both eras, and never more than its reader may see',
    source,
  },
  {
    id: 'access:why:explains',
    text: 'gantry why says which key, scope, profile and rule decide what a principal sees, to those who may configure',
    source,
  },
  {
    id: 'access:cli:key',
    text: 'The command line shows the key of --key or GANTRY_KEY, and says so when one is wanted',
    source,
  },
] as const satisfies readonly Requirement[]
