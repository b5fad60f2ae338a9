import type { ScopeName } from '../../core/access/access.ts'

/** What one route needs. A route without one of these is not served. */
export interface RouteScope {
  /** `*`: the route tells for itself which methods there are. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | '*'
  /** `{name}` stands for one part of a path. What is under `/api` is under `/mcp`, too. */
  readonly path: string
  /** One of these has to be held; `any`: it is enough to be known; `open`: not even that. */
  readonly scope: ScopeName | readonly ScopeName[] | 'any' | 'open'
  /** The scope may be held for some servers only: then the route itself looks which. */
  readonly narrowed?: boolean
  /** Its clients send some key always: one that is none of ours counts as none. */
  readonly takesForeignKeys?: boolean
}

export interface RouteScopes {
  /** What a request needs; the methods there are when its own is none of them; undefined for an unknown path. */
  find(method: string, path: string): RouteScope | readonly string[] | undefined
}

type ByMethod = ReadonlyMap<string, RouteScope>

export function createRouteScopes(all: readonly RouteScope[]): RouteScopes {
  const exact = new Map<string, Map<string, RouteScope>>()
  for (const one of all) {
    const methods = exact.get(one.path) ?? new Map<string, RouteScope>()
    exact.set(one.path, methods.set(one.method, one))
  }
  const patterns = [...exact].flatMap(([path, methods]) =>
    path.includes('{') ? [{ parts: path.split('/'), methods }] : [],
  )

  function methodsAt(path: string): ByMethod | undefined {
    const known = exact.get(path)
    if (known) return known
    const parts = path.split('/')
    return patterns.find((pattern) => fits(pattern.parts, parts))?.methods
  }

  return {
    find(method, path) {
      const methods = methodsAt(path) ?? methodsAt(path.replace(/^\/mcp\//, '/api/'))
      if (!methods) return undefined
      const found = methods.get(method === 'HEAD' ? 'GET' : method) ?? methods.get('*')
      return found ?? [...methods.keys()]
    },
  }
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length &&
    pattern.every((part, index) =>
      part.startsWith('{') ? parts[index] !== '' : part === parts[index],
    )
  )
}
