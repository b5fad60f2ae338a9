import { z } from 'zod'

import { route } from './route.ts'
import { relayFailures, ToolResult } from './tools.ts'

const tag = 'tools'

/** What a tool came to, without what a model would read twice. */
export const ToolAnswer = ToolResult.omit({ result: true, outcome: true }).meta({
  id: 'ToolAnswer',
})

/** Every tool as an address of its own. */
export const callToolPath = route({
  id: 'call_tool_by_path',
  method: 'post',
  path: '/{tool}',
  tag,
  summary: 'Call a tool; the body is its arguments',
  scope: 'call',
  narrowed: true,
  params: z.strictObject({ tool: z.string().min(1).max(1000) }),
  body: z.record(z.string(), z.unknown()),
  opaque: '',
  reply: ToolAnswer,
  streams: true,
  takesIdempotencyKey: true,
  fails: ['tool_unknown', 'idempotency_conflict', ...relayFailures],
})

export const describeTools = route({
  id: 'describe_tools',
  method: 'get',
  path: '/openapi.json',
  tag,
  summary: 'Describe every tool as an address of its own',
  scope: ['read', 'call'],
  narrowed: true,
  query: z.strictObject({
    server_name: z.string().max(200).exactOptional().describe('Only the tools of this server.'),
  }),
  reply: z.record(z.string(), z.unknown()),
  fails: ['server_unknown'],
})

/** Served under `/tools`. */
export const toolPathRoutes = [callToolPath, describeTools] as const
export const toolPathPrefix = '/tools'
