import { GatewayError } from '../../contract/gateway-error.ts'
import type { Access } from '../../core/access/access.ts'
import { visibleServer } from '../../core/access/visible.ts'
import type { View } from '../../core/catalog/view.ts'
import type { Scope } from '../../core/clients/exchange.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { ProjectedTool, Projection } from '../../core/projection/read-tools.ts'
import { nearest } from '../../kit/nearest.ts'

/** A tool that was named, and the view in which it is shown under `shown`. */
export interface FoundTool {
  readonly view: View
  readonly shown: string
  /** As it is in definitions for a model, which may be where its arguments come from; undefined when it is in none. */
  readonly projected: ProjectedTool | undefined
}

export interface ToolFinderOptions {
  readonly gateway: Gateway
  readonly project: (shown: View['tools']) => Projection
}

export interface ToolName {
  readonly server: string | undefined
  readonly tool: string
}

/** Finds a tool by any name it has: its server's own, the one it is shown under, or the one in its definition. */
export type FindTool = (access: Access, name: ToolName) => Promise<FoundTool>

export function createToolFinder({ gateway, project }: ToolFinderOptions): FindTool {
  function find(access: Access, { server, tool }: ToolName): FoundTool | undefined {
    const all = gateway.view(scopeOf(access))
    if (server === undefined) return foundIn(all, tool, all)
    const own = gateway.view(scopeOf(access, server))
    return foundIn(own, tool, own) ?? foundIn(all, tool, own)
  }

  /** By its name in one view, as long as it is one of those that count. */
  function foundIn(view: View, tool: string, among: View): FoundTool | undefined {
    const { tools, byShown } = project(view.tools)
    const projected = view.tools.has(tool) ? byShown.get(tool) : tools.get(tool)
    const shown = projected?.shown ?? tool
    const entry = view.tools.get(shown)
    if (!entry || !among.servers.includes(entry.server)) return undefined
    return { view, shown, projected }
  }

  return async (access, name) => {
    const { server, tool } = name
    if (server !== undefined) visibleServer(gateway, access, server)
    const found =
      find(access, name) ?? (await settledTool(gateway, server, () => find(access, name)))
    if (found) return found
    const view = gateway.view(scopeOf(access, server))
    throw new GatewayError('tool_unknown', {
      tool,
      nearest: nearest(tool, view.tools.keys()),
      unlisted: view.servers.find((one) => !gateway.server(one).knows('tools')),
    })
  }
}

/** Everything this principal sees, or one server under its own names. */
export function scopeOf(access: Access, server?: string): Scope {
  return { server, profile: undefined, access }
}

/** Shortly after the start: each server that settles may be the one that was waited for. */
async function settledTool<Found>(
  gateway: Gateway,
  server: string | undefined,
  find: () => Found | undefined,
): Promise<Found | undefined> {
  for (;;) {
    const names = server === undefined ? gateway.servers.map(({ name }) => name) : [server]
    const settling = names.flatMap((name) => gateway.settled(name) ?? [])
    if (settling.length === 0) return undefined
    await Promise.race(settling)
    const found = find()
    if (found) return found
  }
}
