import type { Config } from '../contract/config.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import { nearest } from '../kit/nearest.ts'
import type { View } from './catalog/view.ts'
import { createView } from './catalog/view.ts'
import type { Server } from './routing/server.ts'

const pageSize = 1000

/** One configuration and the servers that run on it: replaced as a whole, never changed. */
export class Generation {
  readonly number: number
  readonly config: Config
  readonly servers: readonly Server[]
  readonly byName: ReadonlyMap<string, Server>
  #views = new Map<string, View>()
  readonly #version: () => number

  constructor(number: number, config: Config, servers: readonly Server[], version: () => number) {
    this.number = number
    this.config = config
    this.servers = servers
    this.byName = new Map(servers.map((server) => [server.name, server]))
    this.#version = version
  }

  server(name: string): Server {
    const server = this.byName.get(name)
    if (server) return server
    const near = nearest(name, this.byName.keys())
    throw new GatewayError('server_unknown', { server: name, nearest: near })
  }

  /** The catalogue as it is now: of everything, or of one server; made when first asked for. */
  view(name?: string): View {
    const key = name ?? ''
    const known = this.#views.get(key)
    if (known) return known
    const shown = this.servers.filter(
      (server) => server.state !== 'disabled' && (name === undefined || server.name === name),
    )
    const parts = shown.map((server) => ({ server: server.name, listings: server.listings }))
    const view = createView(parts, {
      version: this.#version(),
      naming: name === undefined ? this.config.naming : 'auto',
      pageSize,
    })
    this.#views.set(key, view)
    return view
  }

  /** Something that the views show is different now. */
  forgetViews(): void {
    this.#views = new Map()
  }
}
