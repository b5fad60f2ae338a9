import { setTimeout as pause } from 'node:timers/promises'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Gateway } from '../../core/gateway.ts'
import { createAdmission } from '../../surfaces/door/admission.ts'
import type { Door } from '../../surfaces/door/server.ts'
import { openDoor } from '../../surfaces/door/server.ts'
import { createEndpoint } from '../../surfaces/mcp-http/endpoint.ts'
import { createLegacyDoor } from '../../surfaces/mcp-http/legacy-door.ts'
import { createModernDoor } from '../../surfaces/mcp-http/modern-door.ts'
import { createMcpRoutes } from '../../surfaces/mcp-http/routes.ts'
import { createSessions } from '../../surfaces/mcp-http/sessions.ts'
import { createWaiting } from '../../surfaces/door/waiting.ts'
import { createRest } from '../../surfaces/rest/servers.ts'
import { createMessageReader } from '../../wire/message.ts'
import type { Running } from './gateway.ts'
import { systemClock } from './clock.ts'

export interface OpenDoors extends AsyncDisposable {
  readonly port: number
}

const keepAliveMs = 15_000
const sessionIdleMs = 30 * 60_000
const sweepMs = 60_000
const drainMs = 5000
/** What is given up after that still has time to be told so. */
const partingMs = 500

/** Opens the HTTP door with every surface behind it. */
export async function openDoors(
  running: Running,
  listen: { readonly host: string; readonly port: number },
  onFault: (error: unknown) => void,
): Promise<OpenDoors> {
  const { gateway, loaded } = running
  const { limits } = loaded.config
  const clock = systemClock()
  const waiting = createWaiting()
  const sessions = createSessions({
    limit: limits.sessions,
    idleMs: sessionIdleMs,
    now: clock.coarseNow,
  })
  const legacy = createLegacyDoor(gateway, sessions, waiting)
  const modern = createModernDoor(gateway, waiting)
  const scanLimits = {
    depth: limits.depth,
    tokens: limits.tokens,
    stringBytes: limits.requestBytes,
  }
  const read = createMessageReader(scanLimits)
  const endpoint = createEndpoint({
    gateway,
    requestLimitBytes: limits.requestBytes,
    scanLimits,
    read,
    legacy,
    modern,
    onFault,
  })
  const rest = createRest({
    gateway,
    status: () => ({
      name: 'gantry',
      version: gateway.version,
      config: loaded.path ?? null,
      pid: process.pid,
    }),
    logs: running.logs,
  })
  gateway.onStrayLog = (message) => {
    // With several sessions open nobody can tell whose it is.
    const [only] = sessions.all
    if (sessions.size === 1) only?.log(message)
  }

  const door: Door = await openDoor({
    ...listen,
    admission: createAdmission({ ...loaded.config.listen, host: listen.host }),
    routes: [createMcpRoutes(gateway, endpoint), rest],
    onFault,
  })
  const timers = [
    clock.every(keepAliveMs, () => waiting.turn()),
    clock.every(sweepMs, () => sessions.sweep()),
  ]

  return {
    port: door.port,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) timer[Symbol.dispose]()
      modern.close(new GatewayError('stopping', undefined))
      const closing = door.close(drainMs + partingMs)
      await drained(gateway, closing)
      const reason = 'the gateway is shutting down'
      gateway.cancelAll(new GatewayError('call_cancelled', { reason }))
      legacy.close()
      await closing
    },
  }
}

/** Settles when no call is under way any more, nobody waits for one, or `drainMs` have passed. */
async function drained(gateway: Gateway, closing: Promise<void>): Promise<void> {
  const ending = new AbortController()
  const end = () => ending.abort()
  const timer = setTimeout(end, drainMs)
  void closing.then(end)
  while (gateway.callsInFlight > 0 && !ending.signal.aborted) await pause(50)
  clearTimeout(timer)
}
