import type { z } from 'zod'

import type { ConfigFile, HttpServer, StdioServer } from './config/schema.ts'

type File = z.output<typeof ConfigFile>

/** What the gateway runs on: checked, completed with defaults, one shape for every source. */
export interface Config {
  readonly listen: Readonly<File['listen']>
  readonly naming: File['naming']
  readonly limits: Readonly<File['limits']>
  /** In the order of the file. */
  readonly servers: readonly ServerConfig[]
}

export type ServerConfig = StdioServerConfig | HttpServerConfig

export interface StdioServerConfig extends Readonly<z.output<typeof StdioServer>> {
  readonly name: string
}

export interface HttpServerConfig extends Readonly<z.output<typeof HttpServer>> {
  readonly name: string
  readonly allowPrivate: boolean | readonly string[]
}
