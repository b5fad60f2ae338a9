import type { Config } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Census } from '../../core/observe/census.ts'
import { guarded } from '../../surfaces/door/guard.ts'
import type { Route } from '../../surfaces/door/server.ts'
import { createWaiting } from '../../surfaces/door/waiting.ts'
import type { Shed } from '../../surfaces/mcp-http/endpoint.ts'
import { createEndpoint } from '../../surfaces/mcp-http/endpoint.ts'
import { createLegacyDoor } from '../../surfaces/mcp-http/legacy-door.ts'
import { createModernDoor } from '../../surfaces/mcp-http/modern-door.ts'
import type { HttpExchange } from '../../surfaces/door/http-exchange.ts'
import { createLostStreams } from '../../surfaces/mcp-http/lost-streams.ts'
import { createMcpRoutes } from '../../surfaces/mcp-http/routes.ts'
import { createSessions } from '../../surfaces/mcp-http/sessions.ts'
import { createMessageReader } from '../../wire/message.ts'
import { systemClock } from './clock.ts'

/** MCP over HTTP, with the clients that are inside. */
export interface McpDoor extends Disposable {
  readonly route: Route
  /** How many sessions of the older protocol are open. */
  readonly sessions: number
  /** Ends the streams that would stay open for ever. */
  endStreams(): void
  /** Ends every session. */
  endSessions(): void
  /** Ends those of somebody who will not come again. */
  endSessionsOf(principal: string): void
}

export interface McpDoorOptions {
  readonly gateway: Gateway
  readonly limits: Config['limits']
  readonly census: Census
  readonly shed: Shed
  readonly onFault: (error: unknown) => void
}

/** How often who waits is shown that the gateway is still there. */
const keepAliveTurns = 15
const keepAliveTurnMs = 1000
const sessionIdleMs = 30 * 60_000
const sweepMs = 60_000

export function createMcpDoor(options: McpDoorOptions): McpDoor {
  const { gateway, limits, census, shed, onFault } = options
  const clock = systemClock()
  const waiting = createWaiting(keepAliveTurns)
  const lost = createLostStreams<HttpExchange>(clock.coarseNow)
  const sessions = createSessions({
    limit: limits.sessions,
    idleMs: sessionIdleMs,
    now: clock.coarseNow,
  })
  const legacy = createLegacyDoor({ gateway, sessions, waiting, lost, onFault })
  const modern = createModernDoor(gateway, waiting, onFault)
  const { depth, tokens, requestBytes } = limits
  const scanLimits = { depth, tokens, stringBytes: requestBytes }
  const endpoint = createEndpoint({
    gateway,
    requestLimitBytes: requestBytes,
    scanLimits,
    read: createMessageReader(scanLimits),
    legacy,
    modern,
    shed,
    onFault,
  })
  gateway.onStrayLog = (message, server) => {
    // With several sessions open nobody can tell whose it is.
    const [only] = sessions.all
    if (sessions.size === 1) only?.log(message, server)
  }
  const timers = [
    census.add({ name: 'sessions', count: () => sessions.size }),
    census.add({ name: 'waiting_clients', count: () => waiting.size }),
    clock.every(
      keepAliveTurnMs,
      guarded(onFault, () => {
        waiting.turn()
        lost.sweep()
      }),
    ),
    clock.every(
      sweepMs,
      guarded(onFault, () => sessions.sweep()),
    ),
  ]

  return {
    route: createMcpRoutes(gateway, endpoint),
    get sessions() {
      return sessions.size
    },
    endStreams() {
      modern.close(new GatewayError('stopping', undefined))
      legacy.endStreams()
    },
    endSessions: () => legacy.close(),
    endSessionsOf: (principal) => sessions.endOf(principal, 'its run has ended'),
    [Symbol.dispose]() {
      for (const timer of timers) timer[Symbol.dispose]()
    },
  }
}
