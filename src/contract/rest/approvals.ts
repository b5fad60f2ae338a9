import { z } from 'zod'

import { route } from './route.ts'

const tag = 'approvals'
const scope = 'config'

const Difference = z
  .object({
    member: z.string().describe('Which member of the tool says something else.'),
    before: z.string().exactOptional(),
    after: z.string().exactOptional(),
  })
  .meta({
    id: 'Difference',
    description: 'Characters that nobody sees are shown as their numbers.',
  })

export const Approval = z
  .object({
    server: z.string(),
    tool: z.string(),
    kind: z.enum(['changed', 'new']),
    held: z.boolean().describe('Whether calls of it are refused.'),
    rejected: z.boolean().describe('Whether somebody has said no already.'),
    since: z.string().describe('When it was found.'),
    digest: z.string().describe('Of the tool as it is now: a decision with it is about this one.'),
    differences: z.array(Difference),
  })
  .meta({ id: 'Approval', description: 'A tool that is not what it was when it was found good.' })
export type Approval = z.infer<typeof Approval>

export const ApprovalList = z.object({ approvals: z.array(Approval) }).meta({ id: 'ApprovalList' })

export const listApprovals = route({
  id: 'list_approvals',
  method: 'get',
  path: '/approvals',
  tag,
  summary: 'List the tools that are not what they were, with what is different',
  scope,
  narrowed: true,
  reply: ApprovalList,
})

const Decision = z
  .strictObject({
    server: z.string().min(1).max(200),
    tool: z.string().min(1).max(200).exactOptional().describe('Left out: all that wait.'),
    decision: z
      .enum(['approve', 'reject'])
      .describe('"reject": it stays as it was, whatever the server says, until it is approved.'),
    digest: z
      .string()
      .exactOptional()
      .describe('Refuses the decision when the tool is another one by now.'),
  })
  .meta({ id: 'ApprovalDecision' })
export type Decision = z.infer<typeof Decision>

export const ApprovalOutcome = z
  .object({
    server: z.string(),
    decision: z.enum(['approve', 'reject']),
    tools: z.array(z.string()),
  })
  .meta({ id: 'ApprovalOutcome' })
export type ApprovalOutcome = z.infer<typeof ApprovalOutcome>

export const decideApproval = route({
  id: 'decide_approval',
  method: 'post',
  path: '/approvals',
  tag,
  summary: 'Take changed tools for good, or keep them out',
  scope,
  narrowed: true,
  body: Decision,
  reply: ApprovalOutcome,
  fails: ['server_unknown', 'approval_unknown', 'approval_outdated', 'scope_missing'],
})
