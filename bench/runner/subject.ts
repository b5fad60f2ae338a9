import type { Target } from '../load/protocol.ts'
import type { Children } from './children.ts'

/** What the client speaks, and what the server behind speaks. */
export type Route = 'http-http' | 'http-stdio' | 'stdio-http'

export interface StartContext {
  readonly children: Children
  readonly route: Route
  /** The server's address, for routes that end in HTTP. */
  readonly upstreamUrl: string
  readonly upstreamPid: number
  /** The server's command, for routes that end in stdio. */
  readonly upstreamArgv: readonly string[]
  /** A folder of the subject's own, for its configuration. */
  readonly folder: string
  /** A free port to listen on. */
  readonly port: number
}

/** How the load reaches a started subject. */
export type Door = Target
export type HttpDoor = Exclude<Target, { readonly kind: 'stdio' }>

/** Something that stands between load and server and can be measured. */
export interface Subject {
  readonly name: string
  readonly what: string
  /** Why it cannot stand in a route, for the routes where it cannot. */
  readonly cannot: Partial<Record<Route, string>>
  /** More sessions than this are not asked of it; the notes say why. */
  readonly maxSessions?: number
  readonly notes?: Partial<Record<Route, string>>
  /** Far dearer than what it is compared with, so that shorter windows tell enough. */
  readonly isCoarse?: boolean
  /** Left out unless it is asked for by name. */
  readonly onlyByName?: boolean
  start(context: StartContext): Promise<Door>
}
