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
    was: z
      .string()
      .exactOptional()
      .describe('The tool that went when this one came and that it is by all appearance.'),
    held: z.boolean().describe('Whether calls of it are refused.'),
    rejected: z.boolean().describe('Whether somebody has said no already.'),
    since: z.string().describe('When it was found.'),
    digest: z.string().describe('Of the tool as it is now: a decision with it is about this one.'),
    differences: z.array(Difference),
  })
  .meta({ id: 'Approval', description: 'A tool that is not what it was when it was found good.' })
export type Approval = z.infer<typeof Approval>

const Scope = z
  .enum(['once', 'conversation', 'always'])
  .describe(
    '"once": this very call. "conversation": the tool in its conversation. "always": the tool, until its definition changes.',
  )

export const PendingCall = z
  .object({
    kind: z.literal('call'),
    id: z.string(),
    principal: z.string().describe('Who calls.'),
    server: z.string(),
    tool: z.string().describe("By its server's own name."),
    reason: z.string().describe('Why somebody has to decide.'),
    arguments: z
      .unknown()
      .exactOptional()
      .describe('All of them; left out where they are too long to be kept.'),
    arguments_head: z
      .string()
      .exactOptional()
      .describe('The first part of arguments that are too long, as JSON that breaks off.'),
    arguments_bytes: z.int().nonnegative(),
    arguments_digest: z.string().describe('Equal for equal calls, however they are spelled.'),
    tool_digest: z.string().describe('Of the definition of the tool.'),
    scopes: z.array(Scope).readonly().describe('For how much it can be allowed.'),
    waits: z.boolean().describe('Whether the call itself waits; else it has to be made again.'),
    since: z.string(),
    expires_at: z.string(),
  })
  .meta({ id: 'PendingCall', description: 'A call that waits for somebody to decide.' })
export type PendingCall = z.infer<typeof PendingCall>

export const ApprovalList = z
  .object({
    approvals: z.array(z.union([Approval, PendingCall])),
    version: z.string().describe('Another one whenever other calls wait.'),
  })
  .meta({ id: 'ApprovalList' })

export const listApprovals = route({
  id: 'list_approvals',
  method: 'get',
  path: '/approvals',
  tag,
  summary: 'List what waits for somebody to decide: tools that changed, and calls',
  description:
    'With `after` and `wait_ms` it is answered as soon as other calls wait than at that version, or when the time is over.',
  scope,
  narrowed: true,
  query: z.strictObject({
    after: z.string().max(100).exactOptional(),
    wait_ms: z.int().min(0).max(30_000).default(0),
  }),
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

export const CallDecision = z
  .strictObject({
    decision: z.enum(['allow', 'deny']),
    scope: Scope.default('once'),
  })
  .meta({ id: 'CallDecision' })

export const CallOutcome = z
  .object({
    id: z.string(),
    decision: z.enum(['allow', 'deny']),
    scope: Scope,
    by: z.string().describe('Who decided.'),
    server: z.string(),
    tool: z.string(),
    grant: z.string().exactOptional().describe('What was kept of it: it can be revoked.'),
  })
  .meta({ id: 'CallOutcome' })
export type CallOutcome = z.infer<typeof CallOutcome>

const Id = z.strictObject({ id: z.string().min(1).max(64) })

export const decideCall = route({
  id: 'decide_call',
  method: 'post',
  path: '/approvals/{id}',
  tag,
  summary: 'Let a call through that waits, or refuse it',
  description: 'Who holds `config` for its server decides, and no key about its own calls.',
  scope,
  narrowed: true,
  params: Id,
  body: CallDecision,
  reply: CallOutcome,
  fails: ['approval_gone', 'approval_own', 'approval_scope_invalid'],
})

export const Grant = z
  .object({
    id: z.string(),
    scope: Scope,
    principal: z.string().describe('Whose calls pass.'),
    server: z.string(),
    tool: z.string(),
    tool_digest: z.string().describe('It ends when the definition of the tool is another.'),
    by: z.string().describe('Who granted it.'),
    since: z.string(),
  })
  .meta({ id: 'Grant', description: 'What somebody has allowed ahead of a call.' })
export type Grant = z.infer<typeof Grant>

export const GrantList = z.object({ grants: z.array(Grant) }).meta({ id: 'GrantList' })

export const listGrants = route({
  id: 'list_grants',
  method: 'get',
  path: '/approvals/grants',
  tag,
  summary: 'List what was allowed ahead of calls',
  scope,
  narrowed: true,
  reply: GrantList,
})

export const revokeGrant = route({
  id: 'revoke_grant',
  method: 'delete',
  path: '/approvals/grants/{id}',
  tag,
  summary: 'End a grant: somebody is asked again',
  scope,
  narrowed: true,
  params: Id,
  reply: Grant,
  fails: ['grant_unknown'],
})
