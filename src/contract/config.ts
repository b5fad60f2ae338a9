import type { z } from 'zod'

import type { ConfigFile } from './config/schema.ts'
import type { HttpServer, StdioServer, ToolRules } from './config/schema-server.ts'

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
  /** In the order of the file. */
  readonly servers: readonly ServerConfig[]
}

export type ServerConfig = StdioServerConfig | HttpServerConfig

export interface StdioServerConfig extends Readonly<z.output<typeof StdioServer>> {
  readonly name: string
  readonly idleStopMs: number
}

export interface HttpServerConfig extends Readonly<z.output<typeof HttpServer>> {
  readonly name: string
  readonly idleStopMs: number
  readonly allowPrivate: boolean | readonly string[]
}

/** Where `ratePerSecond` is there, `rateBurst` is. */
export type ToolConfig = Readonly<z.output<typeof ToolRules>>

/** When calls to a server that keeps failing are held back. */
export type BreakerConfig = Exclude<ServerConfig['breaker'], false>
