import { z } from 'zod'

import { KeyRequest, KeySummary, NewKey } from '../keys.ts'
import { Why } from '../why.ts'
import { route } from './route.ts'

const tag = 'access'

export const listProfiles = route({
  id: 'list_profiles',
  method: 'get',
  path: '/profiles',
  tag,
  summary: 'List the profiles and what they show',
  scope: ['read', 'call'],
  narrowed: true,
  reply: z
    .object({
      profiles: z.array(
        z.object({
          name: z.string(),
          path: z.string().describe('Where it is served.'),
          servers: z.array(z.string()),
          tools: z.int().nonnegative(),
          read_only: z.boolean(),
        }),
      ),
    })
    .meta({ id: 'ProfileList' }),
})

export const explainAccess = route({
  id: 'explain_access',
  method: 'get',
  path: '/why',
  tag,
  summary: 'Why somebody sees a tool or does not, and what becomes of a call',
  scope: 'config',
  query: z.strictObject({
    principal: z.string().min(1).max(200).describe('The name of a key, or `local`.'),
    tool: z.string().min(1).max(400).describe('`SERVER/TOOL`, or a name as it is listed.'),
  }),
  reply: Why,
  fails: ['tool_unknown', 'server_unknown', 'tool_ambiguous'],
})

export const listKeys = route({
  id: 'list_keys',
  method: 'get',
  path: '/keys',
  tag,
  summary: 'List the keys; none of them can be shown again',
  scope: 'keys',
  reply: z.object({ keys: z.array(KeySummary) }).meta({ id: 'KeyList' }),
})

export const createKey = route({
  id: 'create_key',
  method: 'post',
  path: '/keys',
  tag,
  summary: 'Make a key that lets do no more than the one that makes it',
  scope: 'keys',
  status: 201,
  body: KeyRequest,
  reply: NewKey,
  fails: ['usage_invalid', 'scope_missing'],
})

export const revokeKey = route({
  id: 'revoke_key',
  method: 'delete',
  path: '/keys/{id}',
  tag,
  summary: 'End a key at once',
  scope: 'keys',
  params: z.strictObject({ id: z.string().min(1).max(64) }),
  reply: KeySummary,
  fails: ['key_unknown'],
})
