import type { Server } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { createAdmission } from '../../surfaces/door/admission.ts'
import type { Door, Route } from '../../surfaces/door/server.ts'
import { openDoor } from '../../surfaces/door/server.ts'
import type { Readiness } from '../../surfaces/rest/health.ts'
import { createHealth } from '../../surfaces/rest/health.ts'
import { createMetrics } from '../../surfaces/metrics/routes.ts'
import { createConfigRoutes } from '../../surfaces/rest/config.ts'
import { createRest } from '../../surfaces/rest/servers.ts'
import { drained } from './drain.ts'
import { connectionsWithin, openFilesLimit } from './open-files.ts'
import type { Running } from './gateway.ts'
import type { McpDoor } from './mcp-door.ts'
import { createMcpDoor } from './mcp-door.ts'
import { gatherMetrics } from './metrics-facts.ts'
import type { Overload } from './overload.ts'

export interface OpenDoors extends AsyncDisposable {
  readonly port: number
  readonly fd: number | undefined
  /** How many client connections are open. */
  readonly connections: number
  /** Says on `/readyz` that requests are welcome. */
  ready(): void
  /** Closes the doors behind those who are inside, and gives them time. */
  drain(shutdown: Config['shutdown'], tell: Tell): Promise<void>
}

/** Hears what is being waited for. */
export type Tell = (text: string) => void

export interface DoorsOptions {
  readonly host: string
  readonly port: number
  /** A socket that listens there already. */
  readonly inherited?: Server | undefined
  readonly overload: Overload
  readonly onFault: (error: unknown) => void
}

/** Opens the HTTP door with every surface behind it. */
export async function openDoors(running: Running, options: DoorsOptions): Promise<OpenDoors> {
  const { gateway, reloader } = running
  const { host, port, inherited, overload, onFault } = options
  const { limits, listen } = reloader.loaded.config
  let readiness: Readiness = 'starting'
  let draining: Promise<void> | undefined
  const mcp = createMcpDoor({ gateway, limits, census: running.census, shed: overload, onFault })
  const metrics = createMetrics(() =>
    gatherMetrics(running, { sessions: mcp.sessions, shed: overload.shed }),
  )
  const door = await openDoor({
    host,
    port,
    inherited,
    connections: connectionsWithin(limits.connections, openFilesLimit()),
    admission: createAdmission({ ...listen, host }),
    routes: [mcp.route, metrics, ...createRoutes(running, () => readiness, onFault)],
    onFault,
    onShed: (reason) => overload.count(reason),
  })
  const drain = (shutdown: Config['shutdown'], tell: Tell) => {
    readiness = 'draining'
    draining ??= drainDoor({ door, mcp, running, shutdown, tell })
    return draining
  }

  return {
    port: door.port,
    fd: door.fd,
    get connections() {
      return door.connections
    },
    ready() {
      readiness = 'ready'
    },
    drain,
    [Symbol.asyncDispose]: () => drain({ delayMs: 0, drainMs: 0 }, () => undefined),
  }
}

function createRoutes(
  { gateway, reloader, logs }: Running,
  readiness: () => Readiness,
  onFault: (error: unknown) => void,
): readonly Route[] {
  const openedAt = performance.now()
  const health = createHealth(() => ({
    readiness: readiness(),
    configGeneration: gateway.generation,
    lastReloadError: reloader.last?.error?.message,
    servers: gateway.servers,
  }))
  const config = createConfigRoutes({
    reload: () => reloader.reload('request'),
    plan: () => reloader.plan(),
    onFault,
  })
  const rest = createRest({
    gateway,
    status: () => ({
      name: 'gantry',
      version: gateway.version,
      config: reloader.loaded.path ?? null,
      pid: process.pid,
      uptime_ms: Math.round(performance.now() - openedAt),
      generation: gateway.generation,
      ...(reloader.last && { reload: reloader.last }),
    }),
    logs,
  })
  return [health, config, rest]
}

interface DrainOptions {
  readonly door: Door
  readonly mcp: McpDoor
  readonly running: Running
  readonly shutdown: Config['shutdown']
  readonly tell: Tell
}

/** What is given up after the drain still has time to be told so. */
const partingMs = 500

async function drainDoor({ door, mcp, running, shutdown, tell }: DrainOptions): Promise<void> {
  const { gateway } = running
  const { delayMs, drainMs } = shutdown
  door.makeLast()
  if (delayMs > 0) await pause(delayMs)
  const left = door.close(drainMs + partingMs)
  mcp.endStreams()
  await drained({ callsInFlight: () => gateway.callsInFlight, left, drainMs, tell })
  const reason = 'the gateway is shutting down'
  gateway.cancelAll(new GatewayError('call_cancelled', { reason }))
  mcp.endSessions()
  await left
  mcp[Symbol.dispose]()
}
