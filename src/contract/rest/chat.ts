import { z } from 'zod'
import { ChatCompletionRequest, ResponseRequest } from '../chat-requests.ts'
import { route } from './route.ts'
import type { AnyRoute } from './route.ts'

const tag = 'chat'

/** What OpenAI's own description says of it holds here, too. */
const asOpenAi = z.looseObject({ id: z.string(), object: z.string() })

const Model = z
  .object({
    id: z.string().describe('`provider/model`'),
    object: z.literal('model'),
    created: z.int(),
    owned_by: z.string(),
  })
  .meta({ id: 'Model' })

const fails = [
  'model_unknown',
  'model_missing',
  'chat_unconfigured',
  'provider_key_missing',
  'provider_key_refused',
  'profile_unknown',
  'server_unknown',
  'rate_limited',
  'stopping',
] as const

const shared = {
  tag,
  prefix: '/v1',
  scope: 'call',
  narrowed: true,
} as const

/** The addresses at which programs made for OpenAI find a model that uses the tools of this gateway. */
export const chatRoutes: readonly AnyRoute[] = [
  route({
    ...shared,
    id: 'create_chat_completion',
    method: 'post',
    path: '/chat/completions',
    summary: 'Answer a conversation',
    description:
      'As OpenAI has it: parameters that are not listed go to the provider. With `"stream": true` the answer is a stream of chunks.',
    body: ChatCompletionRequest,
    reply: asOpenAi,
    streams: true,
    fails,
  }),
  route({
    ...shared,
    id: 'create_response',
    method: 'post',
    path: '/responses',
    summary: 'Make a response',
    description:
      'As OpenAI has it: parameters that are not listed go to the provider. With `"stream": true` the answer is a stream of events.',
    body: ResponseRequest,
    reply: asOpenAi,
    streams: true,
    fails,
  }),
  route({
    ...shared,
    id: 'list_models',
    method: 'get',
    path: '/models',
    summary: 'List the models',
    reply: z.object({ object: z.literal('list'), data: z.array(Model) }),
  }),
  route({
    ...shared,
    id: 'get_model',
    method: 'get',
    path: '/models/{name}',
    summary: 'Look up a model',
    params: z.strictObject({ name: z.string().min(1) }),
    reply: Model,
    fails: ['model_unknown'],
  }),
]
