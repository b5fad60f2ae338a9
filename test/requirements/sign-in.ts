import type { Requirement } from './requirement.ts'

const source = 'docs/guide/add-servers.md'

export const signIn = [
  {
    id: 'sign-in:client-credentials',
    text: 'A server that asks for OAuth tokens is added with the requests of an older gateway and used like any other, in both eras and on both HTTP clients',
    source,
  },
  {
    id: 'sign-in:static',
    text: 'A fixed token or password in `auth` is sent with every request',
    source,
  },
  {
    id: 'sign-in:openapi',
    text: 'A service described by OpenAPI is signed in to in the same way, and no argument of a tool reaches the header',
    source,
  },
  {
    id: 'sign-in:ahead',
    text: 'A token that is used is renewed once four fifths of its time are over, without any call waiting; one that nobody uses is not',
    source,
  },
  {
    id: 'sign-in:V32',
    text: 'V32: whoever needs a token at the end of the old one waits for the same request, and no call fails',
    source: 'security: V32',
  },
  {
    id: 'sign-in:shared',
    text: 'Servers with equal settings share one token',
    source,
  },
  {
    id: 'sign-in:answers',
    text: 'A token endpoint may answer anything: lifetimes that make no sense, a body without end, a redirect or no JSON at all lead to a token or to a reason',
    source,
  },
  {
    id: 'sign-in:client-auth',
    text: 'The client is named in a header, or in the body where the server only takes it there; `scope`, `audience` and `resource` are sent where they are configured',
    source: 'RFC 6749, section 2.3.1; RFC 8707',
  },
  {
    id: 'sign-in:egress',
    text: 'A token endpoint is asked under the same rules for addresses as a server; no token leaves for another place than the server',
    source: 'security: V28, V29',
  },
  {
    id: 'sign-in:secrets',
    text: 'Neither the client secret nor a token is in any answer, log line, error or file but the configuration',
    source: 'security: V33',
  },
  {
    id: 'sign-in:renewed-by-hand',
    text: 'Refreshing a server gets it another token, one for all that share it; the status says how the sign-in is, without the token',
    source,
  },
  {
    id: 'fault:F46',
    text: 'F46: while the token endpoint is away a token is used until its end; after that calls wait at most 5 s and are told that they did not run',
    source: 'faults: F46',
  },
  {
    id: 'fault:F47',
    text: 'F47: after the authorization server said no nothing more is asked until somebody reloads, restarts or refreshes',
    source: 'faults: F47',
  },
] as const satisfies readonly Requirement[]
