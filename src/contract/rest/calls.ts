import { z } from 'zod'

import { CallPage, CallRecord } from '../calls.ts'
import { route } from './route.ts'

const tag = 'calls'
const text = (description: string) =>
  z.string().min(1).max(400).exactOptional().describe(description)
const time = (description: string) =>
  z.iso.datetime({ offset: true }).exactOptional().describe(description)

export const listCalls = route({
  id: 'list_calls',
  method: 'get',
  path: '/calls',
  tag,
  summary: 'Who called what, and what it came to; the newest first',
  scope: 'audit',
  narrowed: true,
  query: z.strictObject({
    limit: z.int().min(1).max(1000).default(100).describe('How many are told at most.'),
    cursor: z
      .string()
      .max(4000)
      .exactOptional()
      .describe('`next_cursor` of the page before; left out, the list begins with the newest.'),
    principal: text('Who called.'),
    server: text('Which server was called.'),
    tool: text("Which tool, by its server's own name for it."),
    outcome: CallRecord.shape.outcome.exactOptional(),
    since: time('Only what ended then or later.'),
    until: time('Only what ended before.'),
  }),
  reply: CallPage,
  fails: ['cursor_invalid', 'audit_unreadable'],
})

export const getCall = route({
  id: 'get_call',
  method: 'get',
  path: '/calls/{id}',
  tag,
  summary: 'One call, as it is written down',
  scope: 'audit',
  narrowed: true,
  params: z.strictObject({ id: z.string().min(1).max(64) }),
  reply: CallRecord,
  fails: ['call_unknown', 'audit_unreadable'],
})
