import { GatewayError } from '../../contract/gateway-error.ts'
import { restPrefixes } from '../../contract/rest/routes.ts'
import type { Route, RouteMatch } from '../door/server.ts'
import type { Endpoint, ServeOptions } from './endpoint.ts'
import { serveEndpoint } from './endpoint.ts'
import { refuseRest } from './problem.ts'

interface Row {
  readonly parts: readonly string[]
  readonly byMethod: ReadonlyMap<string, Endpoint>
}

/** Serves the REST routes under each of their prefixes. */
export function createRestTable(endpoints: readonly Endpoint[], options: ServeOptions): Route {
  return createTable(endpoints, options, restPrefixes)
}

/** Serves every endpoint under each of the prefixes; what is under them and no endpoint is a problem. */
export function createTable(
  endpoints: readonly Endpoint[],
  options: ServeOptions,
  prefixes: readonly string[],
): Route {
  const rows = rowsOf(endpoints)

  return (match) => {
    const prefix = prefixes.find((one) => match.path.startsWith(`${one}/`))
    if (prefix === undefined) return false
    const found = find(rows, match.path.slice(prefix.length))
    if (!found) {
      match.request.resume()
      refuseRest(match.response, new GatewayError('route_unknown', { path: match.path }))
    } else serve(found, match, options)
    return true
  }
}

function serve({ row, params }: Found, match: RouteMatch, options: ServeOptions): void {
  const { request, response, path } = match
  const { method = 'GET' } = request
  const one = row.byMethod.get(method === 'HEAD' ? 'GET' : method)
  if (one) return serveEndpoint(one, { match, params }, options)
  const allow = [...row.byMethod.keys()]
  request.resume()
  refuseRest(response, new GatewayError('method_not_allowed', { method, path, allow }))
}

interface Found {
  readonly row: Row
  readonly params: Readonly<Record<string, string>>
}

/** Plain parts come before parts that may be anything. */
function find(rows: readonly Row[], path: string): Found | undefined {
  const given = path.slice(1).split('/')
  for (const row of rows) {
    const params = matchParts(row.parts, given)
    if (params) return { row, params }
  }
  return undefined
}

function matchParts(
  parts: readonly string[],
  given: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (parts.length !== given.length) return undefined
  const params: Record<string, string> = Object.create(null)
  for (const [index, part] of parts.entries()) {
    const text = given[index] ?? ''
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name === undefined && part !== text) return undefined
    if (name === undefined) continue
    const value = decoded(text)
    if (value === undefined || value === '') return undefined
    params[name] = value
  }
  return params
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // What is not well encoded is the name of nothing.
    return undefined
  }
}

function rowsOf(endpoints: readonly Endpoint[]): readonly Row[] {
  const byPath = Map.groupBy(endpoints, ({ route }) => route.path)
  return [...byPath]
    .map(([path, some]) => ({
      parts: path.slice(1).split('/'),
      byMethod: new Map(some.map((one) => [one.route.method.toUpperCase(), one])),
    }))
    .toSorted((a, b) => placeholders(a.parts) - placeholders(b.parts))
}

function placeholders(parts: readonly string[]): number {
  return parts.filter((part) => part.startsWith('{')).length
}
