import { z } from 'zod'

export const ServerState = z
  .enum(['disabled', 'starting', 'ready', 'stopped', 'failed'])
  .meta({ id: 'ServerState', description: 'Where a server is in its life.' })
export type ServerState = z.infer<typeof ServerState>

const count = z.int().nonnegative()

/** One server and how it is doing: an element of `GET /api/servers/status`. */
export const ServerStatus = z
  .object({
    name: z.string(),
    state: ServerState,
    reason: z.string().exactOptional().describe('Why it is in this state, when that needs saying.'),
    transport: z.enum(['stdio', 'http']),
    era: z.enum(['legacy', 'modern']).exactOptional().describe('Which era of MCP it speaks.'),
    tools: count.describe('How many tools it offers.'),
    prompts: count,
    resources: count,
    pid: count.exactOptional(),
    started_ms: count.exactOptional().describe('How long it took to start.'),
  })
  .meta({ id: 'ServerStatus' })
export type ServerStatus = z.infer<typeof ServerStatus>

/** Who answers at an address: `GET /api/status`. */
export const GatewayStatus = z
  .object({
    name: z.literal('gantry'),
    version: z.string(),
    config: z.string().nullable().describe('The configuration file it runs on; null for none.'),
    pid: count,
  })
  .meta({ id: 'GatewayStatus' })
export type GatewayStatus = z.infer<typeof GatewayStatus>

export const ServerLogs = z
  .object({ lines: z.array(z.string()) })
  .meta({ id: 'ServerLogs', description: 'What a server printed last, oldest line first.' })
export type ServerLogs = z.infer<typeof ServerLogs>
