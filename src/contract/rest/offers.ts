import { z } from 'zod'

import { NextCursor, Paging, Unlisted } from './paging.ts'
import { route } from './route.ts'
import { relayFailures } from './tools.ts'

const Filter = z.strictObject({
  ...Paging,
  server_name: z.string().max(200).exactOptional().describe('Only what this server offers.'),
})

const Resource = z
  .looseObject({ uri: z.string(), server_name: z.string() })
  .meta({ id: 'Resource', description: 'A resource as its server describes it, and whose it is.' })

const Template = z.looseObject({ uriTemplate: z.string(), server_name: z.string() }).meta({
  id: 'ResourceTemplate',
  description: 'A template of resource addresses as its server describes it, and whose it is.',
})

export const listResources = route({
  id: 'list_resources',
  method: 'get',
  path: '/resources',
  tag: 'resources',
  summary: 'List the resources of all servers',
  scope: 'read',
  narrowed: true,
  query: Filter,
  reply: z
    .object({ resources: z.array(Resource), unlisted: Unlisted, next_cursor: NextCursor })
    .meta({ id: 'ResourceList' }),
  fails: ['server_unknown', 'cursor_invalid'],
})

export const listTemplates = route({
  id: 'list_resource_templates',
  method: 'get',
  path: '/resources/templates',
  tag: 'resources',
  summary: 'List the resource templates of all servers',
  scope: 'read',
  narrowed: true,
  query: Filter,
  reply: z
    .object({ resource_templates: z.array(Template), unlisted: Unlisted, next_cursor: NextCursor })
    .meta({ id: 'ResourceTemplateList' }),
  fails: ['server_unknown', 'cursor_invalid'],
})

export const readResource = route({
  id: 'read_resource',
  method: 'post',
  path: '/resources/read',
  tag: 'resources',
  summary: 'Read a resource',
  scope: 'read',
  narrowed: true,
  body: z
    .strictObject({
      uri: z.string().min(1).max(10_000).describe('As it is listed.'),
      server_name: z
        .string()
        .min(1)
        .max(200)
        .exactOptional()
        .describe('With it, `uri` is in the words of that server.'),
    })
    .meta({ id: 'ResourceRequest' }),
  reply: z
    .object({
      server_name: z.string(),
      uri: z.string(),
      contents: z.array(z.unknown()).describe('Contents as the protocol defines them.'),
      result: z.unknown().describe('The result as the server gave it, with all it holds.'),
    })
    .meta({ id: 'ResourceResult' }),
  fails: ['resource_unknown', ...relayFailures],
})

const Prompt = z
  .looseObject({ name: z.string(), server_name: z.string(), prompt_name: z.string() })
  .meta({ id: 'Prompt', description: 'A prompt as its server describes it, and whose it is.' })

export const listPrompts = route({
  id: 'list_prompts',
  method: 'get',
  path: '/prompts',
  tag: 'prompts',
  summary: 'List the prompts of all servers',
  scope: 'read',
  narrowed: true,
  query: Filter,
  reply: z
    .object({ prompts: z.array(Prompt), unlisted: Unlisted, next_cursor: NextCursor })
    .meta({ id: 'PromptList' }),
  fails: ['server_unknown', 'cursor_invalid'],
})

export const getPrompt = route({
  id: 'get_prompt',
  method: 'post',
  path: '/prompts/get',
  tag: 'prompts',
  summary: 'Fill in a prompt',
  scope: 'read',
  narrowed: true,
  body: z
    .strictObject({
      server_name: z.string().min(1).max(200).exactOptional(),
      prompt_name: z
        .string()
        .min(1)
        .max(1000)
        .describe('The name it is shown under, or with `server_name` its own.'),
      arguments: z.record(z.string(), z.string()).exactOptional(),
    })
    .meta({ id: 'PromptRequest' }),
  opaque: 'arguments',
  reply: z
    .object({
      server_name: z.string(),
      prompt_name: z.string(),
      description: z.string().exactOptional(),
      messages: z.array(z.unknown()).describe('Messages as the protocol defines them.'),
      result: z.unknown().describe('The result as the server gave it, with all it holds.'),
    })
    .meta({ id: 'PromptResult' }),
  fails: ['prompt_unknown', ...relayFailures],
})
