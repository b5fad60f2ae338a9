import { GatewayError } from '../../contract/gateway-error.ts'
import type { ServerAction } from '../../contract/rest/servers.ts'
import * as routes from '../../contract/rest/servers.ts'
import type { Trouble } from '../../contract/status.ts'
import type { Access } from '../../core/access/access.ts'
import { visibleServer, visibleServers } from '../../core/access/visible.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Server } from '../../core/routing/server.ts'
import type { Definition } from './define-server.ts'
import { checkDefinition, checkPrograms, checkReserved, toDefinition } from './define-server.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoint } from './endpoint.ts'
import { pageOf } from './page.ts'
import { statusFor } from './server-status.ts'

/** The entries of the configuration file, and a gateway that follows them: what it does not take is taken back. */
export interface Definitions {
  add(name: string, entry: Definition): Promise<void>
  /** Null takes a key away. */
  change(name: string, changes: Definition): Promise<void>
  remove(name: string): Promise<void>
  /** Resolves with what could not be switched, and why. */
  enable(names: readonly string[], enabled: boolean): Promise<ReadonlyMap<string, GatewayError>>
}

export interface ServerEndpointsOptions {
  readonly gateway: Gateway
  readonly definitions: Definitions
  readonly logs: (server: string, lines: number) => readonly string[]
}

/** The servers: how they are, and what can be done to them. */
export function serverEndpoints(options: ServerEndpointsOptions): readonly Endpoint[] {
  return [...reading(options), ...defining(options), ...acting(options)]
}

function reading({ gateway, logs }: ServerEndpointsOptions): readonly Endpoint[] {
  return [
    endpoint(routes.listServers, ({ query, access }) => {
      const { state } = query
      const servers = visibleServers(gateway, access).filter(
        (server) => state === undefined || server.state === state,
      )
      const { page, ...next } = pageOf(servers, query, ({ name }) => name)
      return { servers: page.map((server) => statusFor(server, access)), ...next }
    }),
    endpoint(routes.serverStatuses, ({ access }) =>
      visibleServers(gateway, access).map((server) => statusFor(server, access)),
    ),
    endpoint(routes.getServer, ({ params, access }) =>
      statusFor(visibleServer(gateway, access, params.name), access),
    ),
    endpoint(routes.serverLogs, ({ params, query, access }) => {
      const { name } = managed(gateway, access, params.name)
      return { lines: [...logs(name, query.lines)] }
    }),
  ]
}

function defining({ gateway, definitions }: ServerEndpointsOptions): readonly Endpoint[] {
  return [
    endpoint(routes.addServer, async ({ body, access }) => {
      const { name, entry } = toDefinition(body)
      checkPrograms(name, entry, access.allows('programs'))
      checkReserved(name, entry)
      checkDefinition(name, entry)
      await definitions.add(name, entry)
      return statusFor(gateway.server(name), access)
    }),
    endpoint(routes.changeServer, async ({ params, body, access }) => {
      const { name } = managed(gateway, access, params.name)
      checkPrograms(name, body, access.allows('programs'))
      checkReserved(name, body)
      await definitions.change(name, body)
      return statusFor(gateway.server(name), access)
    }),
    endpoint(routes.removeServer, async ({ params, access }) => {
      const { name } = managed(gateway, access, params.name)
      await definitions.remove(name)
      return { name, changed: true }
    }),
  ]
}

function acting({ gateway, definitions }: ServerEndpointsOptions): readonly Endpoint[] {
  async function act(action: ServerAction, server: Server): Promise<void> {
    if (action === 'refresh') return server.refresh()
    if (action === 'restart') return server.restart()
    const failed = await definitions.enable([server.name], action === 'enable')
    const error = failed.get(server.name)
    if (error) throw error
  }

  async function actOnMany(
    action: 'enable' | 'disable' | 'refresh',
    servers: readonly Server[],
  ): Promise<ReadonlyMap<string, GatewayError>> {
    const names = servers.map(({ name }) => name)
    if (action !== 'refresh') return definitions.enable(names, action === 'enable')
    const done = await Promise.allSettled(servers.map((server) => server.refresh()))
    return new Map(
      done.flatMap((result, index) =>
        result.status === 'rejected' && result.reason instanceof GatewayError
          ? [[names[index] ?? '', result.reason]]
          : [],
      ),
    )
  }

  return [
    ...routes.serverActions.map((action) =>
      endpoint(routes.actOnServer[action], async ({ params, access }) => {
        const { name } = managed(gateway, access, params.name)
        await act(action, gateway.server(name))
        return statusFor(gateway.server(name), access)
      }),
    ),
    ...bulkActions.map((action) =>
      endpoint(routes.actOnServers[action], async ({ body, access }) => {
        const { found, missing } = chosen(gateway, access, body)
        const failed = new Map([...missing, ...(await actOnMany(action, found))])
        const names = [...found.map(({ name }) => name), ...missing.keys()]
        return { servers: names.map((name) => report(gateway, name, failed.get(name))) }
      }),
    ),
  ]
}

const bulkActions = ['enable', 'disable', 'refresh'] as const

/** One that this principal may change. */
function managed(gateway: Gateway, access: Access, name: string): Server {
  const server = visibleServer(gateway, access, name)
  if (access.allows('config', name)) return server
  throw new GatewayError('scope_missing', { principal: access.principal, scope: 'config' })
}

type Chosen = { readonly names: readonly string[] } | { readonly all: true }

function chosen(gateway: Gateway, access: Access, body: Chosen) {
  const missing = new Map<string, GatewayError>()
  if ('all' in body) {
    const found = visibleServers(gateway, access).filter(({ name }) =>
      access.allows('config', name),
    )
    return { found, missing }
  }
  const found = [...new Set(body.names)].flatMap((name) => {
    try {
      return [managed(gateway, access, name)]
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      missing.set(name, error)
      return []
    }
  })
  return { found, missing }
}

function report(gateway: Gateway, name: string, error: GatewayError | undefined) {
  const server = gateway.servers.find((one) => one.name === name)
  const told = error && { error: toTrouble(error) }
  return { name, ok: !error, ...(server && !error && { state: server.state }), ...told }
}

function toTrouble({ code, message, remedy }: GatewayError): Trouble {
  return { code, message, remedy }
}
