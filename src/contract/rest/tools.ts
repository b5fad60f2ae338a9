import { z } from 'zod'

import { NextCursor, Paging, Unlisted } from './paging.ts'
import { route } from './route.ts'

const tag = 'tools'

const anyObject = z.record(z.string(), z.unknown())

export const Tool = z
  .object({
    name: z.string().describe('The name it is shown under; unique over all servers.'),
    server_name: z.string(),
    tool_name: z.string().describe('The name its server gives it.'),
    title: z.string().exactOptional(),
    description: z.string().exactOptional(),
    input_schema: z.unknown().describe('JSON Schema of its arguments.'),
    output_schema: z.unknown().describe('JSON Schema of its structured content.').optional(),
    annotations: z.unknown().describe('What its server says it does.').optional(),
  })
  .meta({ id: 'Tool' })
export type Tool = z.infer<typeof Tool>

const Omitted = z
  .object({ name: z.string(), server: z.string(), reason: z.string() })
  .meta({ id: 'OmittedTool', description: 'A tool that cannot be told in this form, and why.' })

export const listTools = route({
  id: 'list_tools',
  method: 'get',
  path: '/tools',
  tag,
  summary: 'List the tools of all servers, or their definitions for a model',
  description:
    'With `format` the tools are definitions that can be sent to the provider as they are; a tool that it would refuse is in `omitted`. `gantry` tells them in the words of this interface, `mcp` as the protocol does.',
  scope: ['read', 'call'],
  narrowed: true,
  query: z.strictObject({
    ...Paging,
    server_name: z.string().max(200).exactOptional().describe('Only the tools of this server.'),
    search: z
      .string()
      .max(200)
      .exactOptional()
      .describe('Only tools with all these words in name or description.'),
    format: z.enum(['gantry', 'mcp', 'openai', 'anthropic', 'gemini']).default('gantry'),
  }),
  reply: z
    .object({
      tools: z.union([z.array(Tool).readonly(), z.array(anyObject).readonly()]),
      omitted: z.array(Omitted).readonly().exactOptional(),
      unlisted: Unlisted,
      next_cursor: NextCursor,
    })
    .meta({ id: 'ToolList' }),
  fails: ['server_unknown', 'cursor_invalid'],
})

const Content = z.array(z.unknown()).describe('Content items as the protocol defines them.')

export const ToolResult = z
  .object({
    server_name: z.string(),
    tool_name: z.string().describe('The name its server gives it.'),
    is_error: z.boolean().describe('Whether the tool says that it failed.'),
    content: Content,
    structured_content: z.unknown().optional(),
    outcome: z.literal('executed'),
    result: z.unknown().describe('The result as the server gave it, with all it holds.'),
  })
  .meta({ id: 'ToolResult' })
export type ToolResult = z.infer<typeof ToolResult>

/** What may go wrong on the way to a server and back. */
export const relayFailures = [
  'call_refused',
  'needs_approval',
  'approval_denied',
  'approval_expired',
  'approvals_full',
  'server_unknown',
  'server_unreachable',
  'server_lost',
  'server_answer_invalid',
  'server_auth',
  'auth_unavailable',
  'auth_refused',
  'server_overloaded',
  'server_busy',
  'server_resting',
  'server_refused',
  'rate_limited',
  'overloaded',
  'wait_exceeded',
  'total_exceeded',
  'deadline_exceeded',
  'question_refused',
  'call_cancelled',
  'egress_refused',
  'stopping',
] as const

export const callTool = route({
  id: 'call_tool',
  method: 'post',
  path: '/tools/call',
  tag,
  summary: 'Call a tool',
  description:
    'With `Accept: text/event-stream` the answer is a stream: `progress` events, then one `result` or `problem`.',
  scope: 'call',
  narrowed: true,
  body: z
    .strictObject({
      server_name: z
        .string()
        .min(1)
        .max(200)
        .exactOptional()
        .describe('The server that has it; needed only where its name is not unique.'),
      tool_name: z
        .string()
        .min(1)
        .max(1000)
        .describe(
          'The name it is shown under, the name in a definition, or with `server_name` its own.',
        ),
      arguments: anyObject.exactOptional(),
    })
    .meta({ id: 'ToolCall' }),
  opaque: 'arguments',
  reply: ToolResult,
  streams: true,
  takesIdempotencyKey: true,
  fails: ['tool_unknown', 'idempotency_conflict', ...relayFailures],
})
