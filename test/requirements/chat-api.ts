import type { Requirement } from './requirement.ts'

const source = 'docs/guide/openai-endpoint.md'

export const chatApi = [
  {
    id: 'chat-api:completions',
    text: 'The official OpenAI client gets answers from /v1/chat/completions whole and as a stream, with usage, while tools of the gateway run',
    source,
  },
  {
    id: 'chat-api:ai-sdk',
    text: 'The AI SDK streams through the endpoint, with tools of its own and of the gateway',
    source,
  },
  {
    id: 'chat-api:events',
    text: 'What tools of the gateway do is told in the field `gantry` of a stream and nowhere else, and can be switched off',
    source,
  },
  {
    id: 'chat-api:mixed-tools',
    text: "A call of one of the caller's own tools is returned, one of ours is run, also in one turn, and no answer of ours is lost",
    source,
  },
  {
    id: 'chat-api:parameters',
    text: 'Parameters that are not read here reach the provider as they are; what cannot be had is refused by its name',
    source,
  },
  {
    id: 'chat-api:errors',
    text: 'Every failure has the status and the form of OpenAI, so that the official client throws the class that belongs to it',
    source,
  },
  {
    id: 'chat-api:keys',
    text: 'A key that is not one of ours counts as none; one that looks like ours and is not good is refused',
    source: 'security: V12',
  },
  {
    id: 'chat-api:options',
    text: '`gantry` chooses a profile, servers and tools, makes consent stricter and budgets smaller, and never gives more than the caller has',
    source,
  },
  {
    id: 'chat-api:approvals',
    text: 'A call that needs approval ends the answer with what waits and a `resume`, with which the same caller goes on once, after a decision and not otherwise',
    source: 'security: V37, V38',
  },
  {
    id: 'chat-api:wait',
    text: 'With `gantry.wait` the request stays open until somebody has decided, and goes on then',
    source,
  },
  {
    id: 'chat-api:leaving',
    text: 'A client that leaves cancels its turn, at the provider and at the tools',
    source,
  },
  {
    id: 'chat-api:slow-reader',
    text: 'A client that reads slowly slows the provider down and costs no memory',
    source,
  },
  {
    id: 'chat-api:keep-alive',
    text: 'While nothing can be said yet, a stream shows from time to time that somebody is still there',
    source,
  },
  {
    id: 'chat-api:many',
    text: 'A hundred streams at once are all served right, and nothing of them is left',
    source,
  },
  {
    id: 'chat-api:isolation',
    text: 'Nobody gets, resumes or builds upon anything of another principal',
    source: 'security: V17',
  },
  {
    id: 'chat-api:bounded',
    text: 'What is kept between requests is bounded for each principal and over all, and ends by itself',
    source: 'security: V58',
  },
  {
    id: 'chat-api:responses',
    text: 'The official client makes and streams responses, with tools of both kinds and `previous_response_id`',
    source,
  },
  {
    id: 'chat-api:models',
    text: 'The models of all providers are listed; one that is slow or fails does not keep the others away',
    source,
  },
] as const satisfies readonly Requirement[]
