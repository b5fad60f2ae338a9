import type { Scope } from '../../core/clients/exchange.ts'
import type { Gateway } from '../../core/gateway.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { refuseHttp } from '../door/answers.ts'
import { nearest } from '../../kit/nearest.ts'
import type { Route } from '../door/server.ts'
import type { Visit } from './endpoint.ts'

const all: Scope = { server: undefined }

/** Everybody who reaches a loopback address is one principal. */
const principal = 'local'

/** `/mcp` shows all servers as one; `/servers/{name}/mcp` one server under its own names. */
export function createMcpRoutes(gateway: Gateway, endpoint: (visit: Visit) => void): Route {
  const scopeAt = createScopes(gateway)

  return ({ request, response, headers, path }) => {
    const scope = scopeAt(path)
    if (scope) {
      endpoint({ request, response, headers, scope, principal })
      return true
    }
    const name = serverIn(path)
    if (name === undefined) return false
    const names = gateway.servers.map((server) => server.name)
    const known = nearest(name, names)
    refuseHttp(response, new GatewayError('server_unknown', { server: name, nearest: known }))
    return true
  }
}

/** The scopes of the servers there are, by path: made anew when a reload has changed the servers. */
function createScopes(gateway: Gateway): (path: string) => Scope | undefined {
  let servers: Gateway['servers'] | undefined
  let scopes = new Map<string, Scope>()

  return (path) => {
    if (gateway.servers !== servers) {
      servers = gateway.servers
      scopes = new Map(servers.map(({ name }) => [`/servers/${name}/mcp`, { server: name }]))
      scopes.set('/mcp', all)
    }
    return scopes.get(path) ?? scopes.get(decoded(path))
  }
}

function serverIn(path: string): string | undefined {
  return /^\/servers\/([^/]+)\/mcp$/.exec(decoded(path))?.[1]
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    // A path that is not well encoded is nobody's.
    return path
  }
}
