import { z } from 'zod'

import { route } from './route.ts'

const tag = 'agents'
const scope = 'agents'

const One = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9a-f]{32}$/, { error: 'write the id of an agent, 32 hexadecimal digits' })
    .describe('The id of an agent.'),
})

export const AgentSummary = z
  .object({
    id: z.string().describe('Follows from its key.'),
    name: z.string().describe('What the operator calls it.'),
    shown_name: z.string().describe('What its servers are called, before the dot.'),
    enrolled_at: z.iso.datetime(),
    state: z
      .enum(['connected', 'away', 'absent'])
      .describe('"away": its connection was lost, and it may come back to its calls.'),
    display_name: z.string().exactOptional().describe('What it calls itself.'),
    address: z.string().exactOptional().describe('Where it dialled from.'),
    servers: z.array(z.string()).describe('What it offers, by the names they have here.'),
    may_offer: z
      .array(z.string())
      .exactOptional()
      .describe('Which servers it may offer, by its own names; all when left out.'),
  })
  .meta({ id: 'AgentSummary' })
export type AgentSummary = z.infer<typeof AgentSummary>

export const listEnrolled = route({
  id: 'list_enrolled_agents',
  method: 'get',
  path: '/agents/enrolled',
  tag,
  summary: 'List the agents that may dial in, and which of them are here',
  scope,
  reply: z.object({ agents: z.array(AgentSummary) }).meta({ id: 'EnrolledAgents' }),
})

export const enrolAgent = route({
  id: 'enrol_agent',
  method: 'post',
  path: '/agents/enrol',
  tag,
  summary: 'Make a token with which one agent may dial in for the first time',
  scope,
  body: z
    .strictObject({
      name: z.string().min(1).max(64).describe('What you call the agent.'),
      expires_in_ms: z.int().min(1000).max(604_800_000).default(900_000),
      servers: z
        .array(z.string().min(1).max(64))
        .min(1)
        .max(100)
        .exactOptional()
        .describe(
          'Which servers it may offer, by its own names; `*` stands for any characters. All when left out.',
        ),
    })
    .meta({ id: 'EnrolRequest' }),
  reply: z
    .object({
      name: z.string(),
      token: z.string().describe('Shown this once.'),
      expires_at: z.iso.datetime(),
    })
    .meta({ id: 'EnrolToken' }),
})

export const approveAgent = route({
  id: 'approve_agent',
  method: 'post',
  path: '/agents/{id}/approve',
  tag,
  summary: 'Accept the tools of an agent as they are now',
  scope,
  params: One,
  reply: AgentSummary,
  fails: ['agent_unknown'],
})

export const revokeAgent = route({
  id: 'revoke_agent',
  method: 'delete',
  path: '/agents/{id}',
  tag,
  summary: 'Throw an agent out; it has to be enrolled anew',
  scope,
  params: One,
  reply: AgentSummary,
  fails: ['agent_unknown'],
})
