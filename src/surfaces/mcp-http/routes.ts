import type { Access } from '../../core/access/access.ts'
import { visibleProfiles, visibleServers } from '../../core/access/visible.ts'
import type { Scope } from '../../core/clients/exchange.ts'
import type { Gateway } from '../../core/gateway.ts'
import { unknownServer } from '../../core/routing/unknown-server.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { refuseHttp } from '../door/answers.ts'
import { nearest } from '../../kit/nearest.ts'
import type { RouteScope } from '../door/route-scopes.ts'
import type { Route } from '../door/server.ts'
import type { Visit } from './endpoint.ts'

/** What each of the addresses needs; what is shown behind them depends on who it is. */
export const mcpRouteScopes: readonly RouteScope[] = [
  '/mcp',
  '/servers/{name}/mcp',
  '/profiles/{name}/mcp',
].map((path) => ({ method: '*', path, scope: ['read', 'call'], narrowed: true }))

/** Whether clients at this address read JSON-RPC. */
export function speaksMcp(path: string): boolean {
  return path === '/mcp' || /^\/(?:servers|profiles)\/[^/]+\/mcp$/.test(path)
}

/** `/mcp` shows everything as one, `/servers/{name}/mcp` one server under its own names, `/profiles/{name}/mcp` a part. */
export function createMcpRoutes(gateway: Gateway, endpoint: (visit: Visit) => void): Route {
  const scopesFor = createScopes(gateway)

  return ({ request, response, headers, path, access }) => {
    const scope = scopesFor(access).at(path)
    if (scope) {
      endpoint({ request, response, headers, scope })
      return true
    }
    const [, kind, name = ''] = /^\/(servers|profiles)\/([^/]+)\/mcp$/.exec(decoded(path)) ?? []
    if (kind === undefined) return false
    refuseHttp(response, unknown(gateway, access, { kind, name }))
    return true
  }
}

function unknown(
  gateway: Gateway,
  access: Access,
  { kind, name }: { readonly kind: string; readonly name: string },
): GatewayError {
  if (kind === 'profiles') {
    const known = nearest(name, visibleProfiles(gateway, access))
    return new GatewayError('profile_unknown', { profile: name, nearest: known })
  }
  return unknownServer(name, visibleServers(gateway, access))
}

interface Scopes {
  /** What is shown at a path. */
  at(path: string): Scope | undefined
}

/** The scopes of a principal, by path: made anew when a reload or other rights have changed what there is. */
function createScopes(gateway: Gateway): (access: Access) => Scopes {
  const known = new WeakMap<Access, { id: string; servers: Gateway['servers']; scopes: Scopes }>()

  return (access) => {
    const { servers } = gateway
    const { id } = access
    const found = known.get(access)
    if (found && found.servers === servers && found.id === id) return found.scopes
    const scopes = scopesOf(gateway, access)
    known.set(access, { id, servers, scopes })
    return scopes
  }
}

function scopesOf(gateway: Gateway, access: Access): Scopes {
  const whole: Scope = { server: undefined, profile: undefined, access }
  const byPath = new Map<string, Scope>([['/mcp', whole]])
  for (const { name } of visibleServers(gateway, access))
    byPath.set(`/servers/${name}/mcp`, { ...whole, server: name })
  for (const name of visibleProfiles(gateway, access))
    byPath.set(`/profiles/${name}/mcp`, { ...whole, profile: name })
  return { at: (path) => byPath.get(path) ?? byPath.get(decoded(path)) }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    // A path that is not well encoded is nobody's.
    return path
  }
}
