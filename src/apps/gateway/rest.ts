import type { Route } from '../../surfaces/door/server.ts'
import type { Endpoint } from '../../surfaces/rest/endpoint.ts'
import { createRest } from '../../surfaces/rest/rest.ts'
import { createMessageReader } from '../../wire/message.ts'
import { createDefinitions } from './definitions.ts'
import type { Running } from './gateway.ts'
import type { Overload } from './overload.ts'

export interface RestRoutesOptions {
  readonly overload: Overload
  readonly onFault: (error: unknown) => void
  /** What other parts serve under `/api` and `/mcp`. */
  readonly more?: readonly Endpoint[]
}

/** REST for one running gateway. */
export function createRestRoutes(
  { gateway, reloader, logs }: Running,
  { overload, onFault, more = [] }: RestRoutesOptions,
): readonly Route[] {
  const openedAt = performance.now()
  const { depth, tokens, requestBytes } = reloader.loaded.config.limits
  const limits = { depth, tokens, stringBytes: requestBytes }
  return createRest({
    gateway,
    read: createMessageReader(limits),
    serve: { limits, bodyLimitBytes: requestBytes, onFault },
    refuse: (method) => (overload.isOn ? overload.refuse(method) : undefined),
    definitions: createDefinitions(reloader),
    logs,
    status: () => ({
      name: 'gantry',
      version: gateway.version,
      config: reloader.loaded.path ?? null,
      ...(reloader.loaded.awaited && { awaited: reloader.loaded.awaited }),
      pid: process.pid,
      uptime_ms: Math.round(performance.now() - openedAt),
      generation: gateway.generation,
      ...(reloader.last && { reload: reloader.last }),
    }),
    reload: () => reloader.reload('request'),
    plan: () => reloader.plan(),
    more,
  })
}
