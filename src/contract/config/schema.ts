import { z } from 'zod'

import { AccessSettings, Profiles } from './schema-access.ts'
import { Agent, Agents } from './schema-agents.ts'
import { Limits, Listen, Log, Reload, Shutdown, Telemetry } from './schema-gateway.ts'
import { Llm } from './schema-llm.ts'
import { HttpServer, StdioServer } from './schema-server.ts'
import { plainText } from './values.ts'

const serverNamePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const reservedNames = new Set(['__proto__', 'constructor', 'prototype'])

export const ServerName = z
  .string()
  .regex(serverNamePattern, {
    error: 'use 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or a digit',
  })
  .refine((name) => !reservedNames.has(name), {
    error: 'choose another name, this one is reserved',
  })

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
  profiles: Profiles.default({}).describe(
    'Chosen parts of everything, each served at `/profiles/{name}/mcp`.',
  ),
  agent: Agent.prefault({}).describe('What `gantry agent` offers to a gateway elsewhere.'),
  agents: Agents.prefault({}).describe('Remote agents that dial in with servers of their own.'),
  llm: Llm.prefault({}).describe('LLM programs as tools: what `gantry llm` offers.'),
  servers: z
    .record(ServerName, z.union([StdioServer, HttpServer]), {
      error: 'write an object of servers by name',
    })
    .default({})
    .describe('The MCP servers, by the name you give them: each has `command` or `url`.'),
})
