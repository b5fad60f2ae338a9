import { chatRoutes } from '../../contract/rest/chat.ts'
import { restRoutes } from '../../contract/rest/routes.ts'
import type { AnyRoute } from '../../contract/rest/route.ts'
import { toolPathPrefix, toolPathRoutes } from '../../contract/rest/tool-paths.ts'
import type { RouteScope } from '../../surfaces/door/route-scopes.ts'
import { mcpRouteScopes } from '../../surfaces/mcp-http/routes.ts'

const upper = { get: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH', delete: 'DELETE' } as const

/** What every address needs; one that is missing here is not served. */
export const routeScopes: readonly RouteScope[] = [
  ...mcpRouteScopes,
  { method: 'GET', path: '/livez', scope: 'open' },
  { method: 'GET', path: '/readyz', scope: 'open' },
  { method: 'GET', path: '/metrics', scope: 'read', narrowed: true },
  { method: 'GET', path: '/openapi.json', scope: 'open' },
  { method: 'GET', path: '/docs', scope: 'open' },
  { method: 'GET', path: '/docs/style.css', scope: 'open' },
  ...restRoutes.map((route) => scopeOf(route, '/api')),
  ...toolPathRoutes.map((route) => scopeOf(route, toolPathPrefix)),
  // Clients of OpenAI cannot be without a key.
  ...chatRoutes.map((route) => ({ ...scopeOf(route, '/v1'), takesForeignKeys: true })),
]

function scopeOf({ method, path, scope, narrowed }: AnyRoute, prefix: string): RouteScope {
  return { method: upper[method], path: `${prefix}${path}`, scope, narrowed }
}
