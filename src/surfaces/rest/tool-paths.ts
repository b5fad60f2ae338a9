import { callToolPath, describeTools, toolPathPrefix } from '../../contract/rest/tool-paths.ts'
import { visibleServer } from '../../core/access/visible.ts'
import type { View } from '../../core/catalog/view.ts'
import { settledIn } from '../../core/clients/waiting.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Projection } from '../../core/projection/read-tools.ts'
import { fromUtf8 } from '../../wire/bytes.ts'
import type { Route, RouteMatch } from '../door/server.ts'
import type { ServeOptions } from './endpoint.ts'
import { endpoint } from './endpoint.ts'
import { scopeOf } from './find-tool.ts'
import { printToolPaths } from './print-tool-paths.ts'
import { createTable } from './table.ts'
import type { CallTool } from './tools.ts'

export interface ToolPathsOptions {
  readonly gateway: Gateway
  readonly project: (shown: View['tools']) => Projection
  readonly call: CallTool
  readonly serve: ServeOptions
}

/** `/tools/{tool}` for each tool, and `/tools/openapi.json`, which describes them. */
export function createToolPaths({ gateway, project, call, serve }: ToolPathsOptions): Route {
  const endpoints = [
    endpoint(callToolPath, async (request) => {
      const name = { server: undefined, tool: request.params.tool }
      const args = request.bytes.toString('latin1')
      const { result: _, outcome: __, ...answer } = await call(request, { name, args })
      return answer
    }),
    endpoint(describeTools, async ({ query, access, match }) => {
      const { server_name: server } = query
      if (server !== undefined) visibleServer(gateway, access, server)
      const scope = scopeOf(access)
      await settledIn(gateway, scope)
      const tools = [...project(gateway.view(scope).tools).tools.values()].filter(
        ({ entry }) => server === undefined || entry.server === server,
      )
      return printToolPaths(tools, { url: baseUrl(match), version: gateway.version })
    }),
  ]
  return createTable(endpoints, serve, [toolPathPrefix])
}

/** Some readers of OpenAPI take whole addresses only; the name of the host was checked at the door. */
function baseUrl({ request, headers }: RouteMatch): string {
  const isBehindTls = request.headers['x-forwarded-proto'] === 'https'
  return `${isBehindTls ? 'https' : 'http'}://${fromUtf8(headers.host ?? 'localhost')}${toolPathPrefix}`
}
