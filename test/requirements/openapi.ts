import type { Requirement } from './requirement.ts'

const source = 'docs/guide/openapi-services.md'

export const openapi = [
  {
    id: 'openapi:tools',
    text: 'Each operation of a document is a tool with its parameters and body as arguments, and with the hints that follow from its method',
    source,
  },
  {
    id: 'openapi:names',
    text: 'Names of tools are unique, at most 64 characters long, and the same whatever the order of the document',
    source,
  },
  {
    id: 'openapi:documents',
    text: 'A document that cannot be used says so with its place and what is wrong in it; one bad operation costs no other',
    source,
  },
  {
    id: 'openapi:references',
    text: 'References are followed within the document only, circles end, and no reference makes a request',
    source: 'security: V48, V50',
  },
  {
    id: 'openapi:bounds',
    text: 'Documents that are too large, too deep, or made of aliases without end are refused',
    source: 'security: V45, V46',
  },
  {
    id: 'openapi:arguments',
    text: 'Arguments arrive as they were given, in the style the document names, numbers and bodies to the last digit',
    source: 'OpenAPI 3.1: parameter serialization',
  },
  {
    id: 'openapi:in-place',
    text: 'No argument leaves its place: not the segment of the path, not its parameter, not its header',
    source: 'security: V24, GHSA-v2x6-wwfw-r2rq',
  },
  {
    id: 'openapi:own-headers',
    text: 'No argument sets a header of the connection, a credential, or anything that the gateway itself sends',
    source: 'security: V24, V29',
  },
  {
    id: 'openapi:wrong-arguments',
    text: 'An argument that is missing, unknown, given twice or of another type is a failure of the tool that names it',
    source,
  },
  {
    id: 'openapi:answers',
    text: 'JSON, text, pictures, sound and bytes become what a client can show; a status of 400 or more is a failure of the tool with what the service said',
    source,
  },
  {
    id: 'openapi:too-large',
    text: 'An answer that is larger than a message may be, or unpacks to it, is given up',
    source: 'security: V44, V53',
  },
  {
    id: 'openapi:busy',
    text: 'HTTP 429 is told as of any busy server and tried again after its time; what only reads is sent again after a loss, anything else never',
    source,
  },
  {
    id: 'openapi:cancel',
    text: 'A call that is cancelled or out of time ends its request',
    source,
  },
  {
    id: 'openapi:auth',
    text: 'Tokens, passwords and API keys of the configuration go where the document says, and are shown to nobody',
    source: 'security: V33',
  },
  {
    id: 'openapi:where',
    text: 'Requests go where the operator wrote or the document came from; nothing else gets a credential or reaches a private address',
    source: 'security: V28, V29',
  },
  {
    id: 'openapi:choice',
    text: '`include` and `exclude` choose operations by id, by tag and by method and path',
    source,
  },
  {
    id: 'openapi:refresh',
    text: 'A refresh reads the document anew and tells clients what changed; one that cannot be read leaves the tools as they were',
    source,
  },
  {
    id: 'openapi:config',
    text: 'An entry with `openapi` is checked like any other, and what it cannot have is refused by name',
    source,
  },
  {
    id: 'openapi:added',
    text: 'A service is added on the command line and over REST; over REST a file needs the right to define programs',
    source: 'security: V01',
  },
  {
    id: 'openapi:gateway',
    text: "The tools of one gateway work as the operations of a service of another, by its '/tools/openapi.json'",
    source,
  },
] as const satisfies readonly Requirement[]
