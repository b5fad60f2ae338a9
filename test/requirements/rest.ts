import type { Requirement } from './requirement.ts'

const source = 'docs/guide/rest.md'

export const rest = [
  {
    id: 'rest:tools:list',
    text: 'GET tools lists what all servers offer, by server, by words and page by page',
    source,
  },
  {
    id: 'rest:tools:formats',
    text: 'Definitions for OpenAI, Anthropic and Gemini are accepted there; a tool that would not be is named with the reason',
    source,
  },
  {
    id: 'rest:tools:call',
    text: "POST tools/call calls a tool by its server's name for it or by the name it is shown under",
    source,
  },
  {
    id: 'rest:tools:exact',
    text: 'Numbers in arguments and results pass exactly',
    source,
  },
  {
    id: 'rest:tools:projected',
    text: 'A call that uses the names of a definition reaches the tool under its own names',
    source,
  },
  {
    id: 'rest:problems',
    text: 'Every failure is a problem document with its code, remedy, outcome and whether a retry may help',
    source: 'RFC 9457',
  },
  {
    id: 'rest:tools:events',
    text: 'With `Accept: text/event-stream` progress comes before the result',
    source,
  },
  {
    id: 'rest:tools:idempotency',
    text: 'A call under an `Idempotency-Key` runs once',
    source,
  },
  {
    id: 'rest:tools:leaving',
    text: 'A client that closes its connection cancels its call',
    source,
  },
  {
    id: 'rest:offers',
    text: 'Prompts and resources are listed, filled in and read',
    source,
  },
  {
    id: 'rest:tool-paths',
    text: 'POST /tools/{tool} calls a tool; /tools/openapi.json describes all of them',
    source,
  },
  {
    id: 'rest:servers:add',
    text: 'POST servers takes the bodies that other gateways take, writes them into the configuration and survives a restart',
    source,
  },
  {
    id: 'rest:servers:refused',
    text: 'A definition that is wrong, does not start, runs a program or wants a sign-in is refused with the reason, and the file stays as it was',
    source,
  },
  {
    id: 'rest:servers:change',
    text: 'A server is changed, switched off and on, refreshed, restarted and removed, one or several at once',
    source,
  },
  {
    id: 'rest:host-manager',
    text: 'Local servers and a laptop that share a tool name are listed for a model, called, switched off and removed, and a restart changes nothing of it',
    source,
  },
  {
    id: 'rest:input:media-type',
    text: 'Nothing changes unless the request says that its body is JSON, and GET never changes anything',
    source: 'security: V11',
  },
  {
    id: 'rest:input:limits',
    text: 'A body that is too large, too deep or of too many parts is refused before it is parsed',
    source: 'security: V45, V46',
  },
  {
    id: 'rest:input:keys',
    text: 'Keys that come twice or mean something to the language are refused in bodies and carried in arguments',
    source: 'security: V51, V52',
  },
  {
    id: 'rest:routes',
    text: 'An unknown address is a 404 problem, a wrong method a 405 problem that names the right ones',
    source: 'RFC 9110',
  },
  {
    id: 'rest:openapi:valid',
    text: '/openapi.json and /tools/openapi.json are valid OpenAPI 3.1, and /docs shows the first without running anything',
    source: 'OpenAPI 3.1',
  },
  {
    id: 'rest:openapi:holds',
    text: 'Whatever is sent to the addresses of /openapi.json, each answer is one that it declares, and none is a 500',
    source: 'OpenAPI 3.1',
  },
  {
    id: 'rest:openai-client',
    text: 'The official OpenAI client sends our definitions, and its tool calls are executed',
    source: 'OpenAI API: function calling',
  },
] as const satisfies readonly Requirement[]
