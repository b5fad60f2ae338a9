import { z } from 'zod'

import { ConfigDiff } from './config/diff.ts'

export const ServerState = z
  .enum(['disabled', 'starting', 'ready', 'draining', 'backoff', 'stopped', 'failed'])
  .meta({ id: 'ServerState', description: 'Where a server is in its life.' })
export type ServerState = z.infer<typeof ServerState>

const count = z.int().nonnegative()

const Health = z
  .object({
    checked_ms: count.describe('How long ago it was asked.'),
    took_ms: count.describe('How long it took to answer.'),
  })
  .describe('How it answered when it was last asked whether it is there.')

const SignIn = z
  .object({
    type: z.literal('oauth'),
    state: z
      .enum(['idle', 'ok', 'renewing', 'refused', 'unavailable'])
      .describe(
        '"idle": no token was needed yet. "renewing": another is being got, and is tried again until there is one. "refused": the authorization server said no, and is not asked again until somebody reloads, restarts or refreshes. "unavailable": there is none, because it does not answer as it should.',
      ),
    expires_at: z.iso.datetime().exactOptional().describe('When the token that is there ends.'),
  })
  .meta({ id: 'SignIn', description: 'How the gateway is signed in to a server with tokens.' })

const LeftOut = z
  .object({
    kind: z.enum(['tools', 'prompts', 'resources', 'templates']),
    name: z.string(),
    reason: z.string(),
  })
  .meta({ id: 'LeftOut', description: 'Something that is not shown, and why.' })

/** One server and how it is doing: an element of `GET /api/servers/status`. */
export const ServerStatus = z
  .object({
    name: z.string(),
    state: ServerState,
    reason: z.string().exactOptional().describe('Why it is in this state, when that needs saying.'),
    transport: z.enum(['stdio', 'http', 'openapi', 'agent', 'built-in']),
    era: z.enum(['legacy', 'modern']).exactOptional().describe('Which era of MCP it speaks.'),
    tools: count.describe('How many tools it offers.'),
    prompts: count,
    resources: count,
    pid: count.exactOptional(),
    started_ms: count.exactOptional().describe('How long it took to start.'),
    in_flight: count.exactOptional().describe('Calls it works on now.'),
    queued: count.exactOptional().describe('Calls that wait for their turn.'),
    breaker: z
      .enum(['closed', 'open', 'half_open'])
      .exactOptional()
      .describe('"open": calls are refused for a while because too many failed.'),
    restarts: count.exactOptional().describe('How often it was started again.'),
    next_attempt_ms: count
      .exactOptional()
      .describe('In how long it is started again, when that is planned.'),
    health: Health.exactOptional(),
    auth: SignIn.exactOptional(),
    left_out: z
      .array(LeftOut)
      .exactOptional()
      .describe(
        'What it offers and nobody is shown, for who holds `config` for it; the first 100.',
      ),
    left_out_count: count.exactOptional(),
    cleaned: count
      .exactOptional()
      .describe('How many of its entries are shown without characters that nobody sees.'),
    waiting: count
      .exactOptional()
      .describe('How many of its tools are not what they were, and wait for approval.'),
  })
  .meta({ id: 'ServerStatus' })
export type ServerStatus = z.infer<typeof ServerStatus>

/** A failure as it is told outside a call. */
export const Trouble = z
  .object({ code: z.string(), message: z.string(), remedy: z.string() })
  .meta({ id: 'Trouble' })
export type Trouble = z.infer<typeof Trouble>

const LastReload = z
  .object({
    at: z.iso.datetime(),
    ok: z.boolean(),
    error: Trouble.exactOptional().describe('Why the old configuration keeps running.'),
    changes: ConfigDiff.exactOptional(),
  })
  .meta({ id: 'LastReload', description: 'How the configuration was last read anew.' })
export type LastReload = z.infer<typeof LastReload>

/** Who answers at an address: `GET /api/status`. */
export const GatewayStatus = z
  .object({
    name: z.literal('gantry'),
    version: z.string(),
    config: z.string().nullable().describe('The configuration file it runs on; null for none.'),
    awaited: z
      .array(z.string())
      .readonly()
      .exactOptional()
      .describe('Where a configuration file is used as soon as there is one.'),
    pid: count,
    uptime_ms: count.exactOptional(),
    generation: count
      .exactOptional()
      .describe('How often a configuration was put to use; 1 after the start.'),
    reload: LastReload.exactOptional().describe('For who holds `config` for everything.'),
  })
  .meta({ id: 'GatewayStatus' })
export type GatewayStatus = z.infer<typeof GatewayStatus>

export const ServerLogs = z
  .object({ lines: z.array(z.string()) })
  .meta({ id: 'ServerLogs', description: 'What a server printed last, oldest line first.' })
export type ServerLogs = z.infer<typeof ServerLogs>

/** What became of `POST /api/config/reload`. */
export const ReloadResult = z
  .object({
    generation: count,
    applied: ConfigDiff,
    servers: z
      .array(z.object({ name: z.string(), state: ServerState, reason: z.string().exactOptional() }))
      .readonly()
      .describe('Each server that was added or changed, and how it came up.'),
  })
  .meta({ id: 'ReloadResult' })
export type ReloadResult = z.infer<typeof ReloadResult>

/** What the file would change if it were read now: `GET /api/config/plan`. */
export const PlanResult = z.object({ diff: ConfigDiff }).meta({ id: 'PlanResult' })
export type PlanResult = z.infer<typeof PlanResult>
