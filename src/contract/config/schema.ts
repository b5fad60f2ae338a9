import { z } from 'zod'

import { AccessSettings, Profiles } from './schema-access.ts'
import { Agent, Agents } from './schema-agents.ts'
import { Audit } from './schema-audit.ts'
import { Chat } from './schema-chat.ts'
import { Limits, Listen, Log, Reload, Shutdown, Telemetry } from './schema-gateway.ts'
import { Llm } from './schema-llm.ts'
import { OpenApiServer } from './schema-openapi.ts'
import { HttpServer, StdioServer } from './schema-server.ts'
import { plainText } from './values.ts'

const serverNamePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const reservedNames = new Set(['__proto__', 'constructor', 'prototype'])

export const ServerName = z
  .string()
  .regex(serverNamePattern, { error: ({ input }) => nameAdvice(String(input)) })
  .refine((name) => !reservedNames.has(name), {
    error: 'choose another name, this one is reserved',
  })

/** Letters of other scripts can look like ours: a name that is not what it looks like would be taken for another. */
function nameAdvice(name: string): string {
  const [foreign] = /[^\x20-\x7e]/u.exec(name) ?? []
  const code = foreign?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
  const advice = 'use 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or a digit'
  return code === undefined ? advice : `U+${code} in it is none of the letters a to z: ${advice}`
}

/** The native form of `gantry.json`; every other shape is turned into this one first. */
export const ConfigFile = z.strictObject({
  $schema: plainText().exactOptional().describe('For editors: where this schema is.'),
  listen: Listen.prefault({}).describe('Where the gateway listens and who may call it.'),
  naming: z
    .enum(['auto', 'prefix'], { error: 'write "auto" or "prefix"' })
    .default('auto')
    .describe(
      '"auto": a tool is `server__tool` only when its own name is taken. "prefix": always.',
    ),
  limits: Limits.prefault({}).describe('Bounds that keep one message from harming the rest.'),
  shutdown: Shutdown.prefault({}).describe('How the gateway ends when it is told to stop.'),
  reload: Reload.prefault({}).describe('How a change of this file is applied while it runs.'),
  log: Log.prefault({}).describe('What the gateway writes about itself to standard error.'),
  telemetry: Telemetry.prefault({}).describe('Where traces of calls are sent, if anywhere.'),
  access: AccessSettings.prefault({}).describe('Who may do what.'),
  audit: Audit.prefault({}).describe(
    'Where it is written down who called what. The mode alone may be written, too: `"audit": "required"`.',
  ),
  profiles: Profiles.default({}).describe(
    'Chosen parts of everything, each served at `/profiles/{name}/mcp`.',
  ),
  agent: Agent.prefault({}).describe('What `gantry agent` offers to a gateway elsewhere.'),
  agents: Agents.prefault({}).describe('Remote agents that dial in with servers of their own.'),
  llm: Llm.prefault({ enabled: false }).describe(
    'LLM programs as tools: the server `llm` of the gateway, and what `gantry llm` offers.',
  ),
  chat: Chat.prefault({}).describe('Conversations with models that use the tools.'),
  servers: z
    .record(ServerName, z.union([StdioServer, HttpServer, OpenApiServer]), {
      error: 'write an object of servers by name',
    })
    .default({})
    .describe('The servers, by the name you give them: each has `command`, `url` or `openapi`.'),
})
