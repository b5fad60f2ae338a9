import type { Config } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Gateway } from '../../core/gateway.ts'
import { guarded } from '../../surfaces/door/guard.ts'
import type { Route } from '../../surfaces/door/server.ts'
import { createWaiting } from '../../surfaces/door/waiting.ts'
import type { Shed } from '../../surfaces/mcp-http/endpoint.ts'
import { createEndpoint } from '../../surfaces/mcp-http/endpoint.ts'
import { createLegacyDoor } from '../../surfaces/mcp-http/legacy-door.ts'
import { createModernDoor } from '../../surfaces/mcp-http/modern-door.ts'
import { createMcpRoutes } from '../../surfaces/mcp-http/routes.ts'
import { createSessions } from '../../surfaces/mcp-http/sessions.ts'
import { createMessageReader } from '../../wire/message.ts'
import { systemClock } from './clock.ts'

/** MCP over HTTP, with the clients that are inside. */
export interface McpDoor extends Disposable {
  readonly route: Route
  /** Ends the streams that would stay open for ever. */
  endStreams(): void
  /** Ends every session. */
  endSessions(): void
}

export interface McpDoorOptions {
  readonly gateway: Gateway
  readonly limits: Config['limits']
  readonly shed: Shed
  readonly onFault: (error: unknown) => void
}

/** How often who waits is shown that the gateway is still there. */
const keepAliveTurns = 15
const keepAliveTurnMs = 1000
const sessionIdleMs = 30 * 60_000
const sweepMs = 60_000

export function createMcpDoor({ gateway, limits, shed, onFault }: McpDoorOptions): McpDoor {
  const clock = systemClock()
  const waiting = createWaiting(keepAliveTurns)
  const sessions = createSessions({
    limit: limits.sessions,
    idleMs: sessionIdleMs,
    now: clock.coarseNow,
  })
  const legacy = createLegacyDoor({ gateway, sessions, waiting, onFault })
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
  gateway.onStrayLog = (message) => {
    // With several sessions open nobody can tell whose it is.
    const [only] = sessions.all
    if (sessions.size === 1) only?.log(message)
  }
  const timers = [
    clock.every(
      keepAliveTurnMs,
      guarded(onFault, () => waiting.turn()),
    ),
    clock.every(
      sweepMs,
      guarded(onFault, () => sessions.sweep()),
    ),
  ]

  return {
    route: createMcpRoutes(gateway, endpoint),
    endStreams() {
      modern.close(new GatewayError('stopping', undefined))
      legacy.endStreams()
    },
    endSessions: () => legacy.close(),
    [Symbol.dispose]() {
      for (const timer of timers) timer[Symbol.dispose]()
    },
  }
}
