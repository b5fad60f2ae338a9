import type { GatewayStatus, ServerStatus } from '../../contract/status.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Server } from '../../core/routing/server.ts'
import { toJson } from '../../wire/bytes.ts'
import { refuseHttp, sendEmpty, sendJson } from '../door/answers.ts'
import type { Route } from '../door/server.ts'

export interface RestOptions {
  readonly gateway: Gateway
  readonly status: () => GatewayStatus
  readonly logs: (server: string, lines: number) => readonly string[]
}

const prefixes = ['/api/', '/mcp/']

/** The few REST addresses the command line needs: who is there, how the servers are, what they printed. */
export function createRest({ gateway, status, logs }: RestOptions): Route {
  function answer(path: string, query: string): unknown {
    if (path === 'status') return status()
    if (path === 'servers/status' || path === 'servers') return gateway.servers.map(statusOf)
    const [, name, part] = /^servers\/([^/]+)(?:\/([a-z]+))?$/.exec(path) ?? []
    if (name === undefined) return undefined
    const server = gateway.server(decodeURIComponent(name))
    if (part === undefined) return statusOf(server)
    if (part !== 'logs') return undefined
    return { lines: logs(server.name, linesIn(query)) }
  }

  return ({ request, response, path, query }) => {
    const prefix = prefixes.find((one) => path.startsWith(one))
    if (prefix === undefined) return false
    try {
      const found = answer(path.slice(prefix.length), query)
      if (found === undefined) return false
      if (request.method === 'GET') sendJson(response, 200, toJson(found))
      else sendEmpty(response, 405, ['Allow', 'GET'])
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      refuseHttp(response, error)
    }
    return true
  }
}

function linesIn(query: string): number {
  const lines = Number(new URLSearchParams(query).get('lines') ?? 50)
  if (Number.isInteger(lines) && lines > 0) return lines
  throw new GatewayError('params_invalid', { problem: '"lines" must be a whole number above 0' })
}

export function statusOf(server: Server): ServerStatus {
  const { reason, greeting, pid, startedMs, listings, guard, stats, health, nextAttemptMs } = server
  return {
    name: server.name,
    state: server.state,
    transport: server.config.transport,
    tools: listings.tools.entries.length,
    prompts: listings.prompts.entries.length,
    resources: listings.resources.entries.length,
    ...(reason !== undefined && { reason }),
    ...(greeting && { era: greeting.era }),
    ...(pid !== undefined && { pid }),
    ...(startedMs !== undefined && { started_ms: Math.round(startedMs) }),
    restarts: stats.restarts,
    in_flight: guard.bulkhead.running,
    queued: guard.bulkhead.queued,
    breaker: guard.breaker.state,
    ...(nextAttemptMs !== undefined && { next_attempt_ms: Math.round(nextAttemptMs) }),
    ...(health && {
      health: {
        checked_ms: Math.round(health.agoMs),
        took_ms: Math.round(health.tookMs),
      },
    }),
  }
}
