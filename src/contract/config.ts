import type { z } from 'zod'

import type { AuditConfig } from './config/schema-audit.ts'
import type { ChatConfig } from './config/schema-chat.ts'
import type { ConfigFile } from './config/schema.ts'
import type { OpenApiServer } from './config/schema-openapi.ts'
import type {
  AgentServer,
  BuiltInServer,
  HttpServer,
  StdioServer,
  ToolRules,
} from './config/schema-server.ts'

type File = z.output<typeof ConfigFile>

/** What the gateway runs on: checked, completed with defaults, one shape for every source. */
export interface Config {
  readonly listen: Readonly<File['listen']>
  readonly naming: File['naming']
  readonly limits: Readonly<File['limits']>
  readonly shutdown: Readonly<File['shutdown']>
  readonly reload: Readonly<File['reload']>
  readonly log: Readonly<File['log']>
  readonly telemetry: Readonly<File['telemetry']>
  readonly agent: Readonly<File['agent']>
  readonly agents: Readonly<File['agents']>
  readonly access: Readonly<File['access']>
  readonly audit: AuditConfig
  readonly profiles: Readonly<File['profiles']>
  readonly llm: Readonly<File['llm']>
  readonly chat: ChatConfig
  /** In the order of the file. */
  readonly servers: readonly ConfiguredServer[]
}

/** A server that the configuration names. */
export type ConfiguredServer = StdioServerConfig | HttpServerConfig | OpenApiServerConfig

export type ServerConfig = ConfiguredServer | AgentServerConfig | BuiltInServerConfig

export interface StdioServerConfig extends Readonly<z.output<typeof StdioServer>> {
  readonly name: string
  readonly idleStopMs: number
}

export interface HttpServerConfig extends Readonly<z.output<typeof HttpServer>> {
  readonly name: string
  readonly idleStopMs: number
  readonly allowPrivate: boolean | readonly string[]
}

export interface OpenApiServerConfig extends Readonly<z.output<typeof OpenApiServer>> {
  readonly name: string
  readonly idleStopMs: number
  readonly allowPrivate: boolean | readonly string[]
}

/** One that a remote agent offers; none of these stands in a file. */
export interface AgentServerConfig extends Readonly<z.output<typeof AgentServer>> {
  readonly name: string
  readonly idleStopMs: number
}

/** One of the gateway's own; none of these stands in a file either. */
export interface BuiltInServerConfig extends Readonly<z.output<typeof BuiltInServer>> {
  readonly name: string
  readonly idleStopMs: number
}

/** Where `ratePerSecond` is there, `rateBurst` is. */
export type ToolConfig = Readonly<z.output<typeof ToolRules>>

/** What of the lists of a server is taken over as it is. */
export type CatalogRules = Readonly<ServerConfig['catalog']>

/** When calls to a server that keeps failing are held back. */
export type BreakerConfig = Exclude<ServerConfig['breaker'], false>
