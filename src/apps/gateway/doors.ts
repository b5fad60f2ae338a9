import type { ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../../contract/config.ts'
import { readCall, readCalls } from '../../audit/read-calls.ts'
import { localPrincipal } from '../../access/principals.ts'
import { explain } from '../../access/why.ts'
import { visibleServers } from '../../core/access/visible.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { createAdmission } from '../../surfaces/door/admission.ts'
import { createEntrance } from '../../surfaces/door/entrance.ts'
import { createRouteScopes } from '../../surfaces/door/route-scopes.ts'
import type { Door, Route } from '../../surfaces/door/server.ts'
import { openDoor } from '../../surfaces/door/server.ts'
import { agentEndpoints } from '../../surfaces/rest/agents.ts'
import type { AgentHub } from '../../surfaces/agent-hub/hub.ts'
import { refuseHttp } from '../../surfaces/door/answers.ts'
import { speaksMcp } from '../../surfaces/mcp-http/routes.ts'
import { approvalEndpoints } from '../../surfaces/rest/approvals.ts'
import { accessEndpoints } from '../../surfaces/rest/access.ts'
import { callEndpoints } from '../../surfaces/rest/calls.ts'
import type { Endpoint } from '../../surfaces/rest/endpoint.ts'
import { refuseApi } from '../../surfaces/chat-api/api-error.ts'
import { speaksOpenAi } from '../../surfaces/chat-api/routes.ts'
import { refuseRest } from '../../surfaces/rest/problem.ts'
import { createUpgrades } from '../../surfaces/door/upgrade.ts'
import type { Readiness } from '../../surfaces/rest/health.ts'
import { createHealth } from '../../surfaces/rest/health.ts'
import { createMetrics } from '../../surfaces/metrics/routes.ts'
import { auditFolder } from './audit.ts'
import { namesOf, openAgentBooks } from './agent-books.ts'
import { createApprovalDesk } from './approvals.ts'
import { createAgentDesk } from './agent-desk.ts'
import { offeredBy, openAgents } from './agents.ts'
import { createAuthentication } from './authentication.ts'
import type { ChatDoor } from './chat-door.ts'
import { createChatDoor } from './chat-door.ts'
import { drained } from './drain.ts'
import { connectionsWithin, openFilesLimit } from './open-files.ts'
import type { Running } from './gateway.ts'
import type { McpDoor } from './mcp-door.ts'
import { createMcpDoor } from './mcp-door.ts'
import { createRestRoutes } from './rest.ts'
import { createKeyDesk } from './keys.ts'
import { routeScopes } from './route-scopes.ts'
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
  const { gateway, reloader, keys, llm } = running
  const { host, port, inherited, overload, onFault } = options
  const { limits, listen } = reloader.loaded.config
  let readiness: Readiness = 'starting'
  let draining: Promise<void> | undefined
  const mcp = createMcpDoor({ gateway, limits, census: running.census, shed: overload, onFault })
  const chat = createChatDoor(running, { overload, onFault })
  const metrics = createMetrics((access) =>
    gatherMetrics(running, { sessions: mcp.sessions, shed: overload.shed }, access),
  )
  const health = healthOf(running, () => readiness)
  const admission = createAdmission({ ...listen, host })
  const { agents: settings } = reloader.loaded.config
  const books = openAgentBooks(settings)
  const agents = openAgents({
    config: reloader.loaded.config,
    gateway,
    log: running.log,
    census: running.census,
    ...books,
    answersTo: (audience) => admission.answersTo(audience),
    onFault,
  })
  const desk = createAgentDesk({
    ...books,
    shownName: (agent) => namesOf(books.book, settings.names, agent).shownName,
    sessions: agents.sessions,
    offeredBy: (agent) => offeredBy(gateway, agent),
  })
  const door = await openDoor({
    host,
    port,
    inherited,
    connections: connectionsWithin(limits.connections, openFilesLimit()),
    refuse: refuseFor,
    entrance: createEntrance({
      admission,
      authenticate: createAuthentication(running),
      scopes: createRouteScopes(routeScopes),
      loops: running.loops,
    }),
    routes: [
      mcp.route,
      metrics,
      health,
      chat.route,
      ...createRestRoutes(running, {
        overload,
        onFault,
        more: [
          ...accessOf(running),
          ...callsOf(running),
          ...approvalsOf(running),
          ...agentEndpoints(desk),
        ],
      }),
    ],
    upgrade: createUpgrades({ admission, routes: [agents.upgrade], onFault }),
    onFault,
    onShed: (reason) => overload.count(reason),
  })
  const expel = () => door.expel((key) => keys.ring.isGood(key) || llm.keys.isGood(key))
  keys.onChange = expel
  llm.keys.onEnd = (principal) => {
    expel()
    mcp.endSessionsOf(principal)
  }
  llm.address = addressOf(host, door.port)
  const drain = (shutdown: Config['shutdown'], tell: Tell) => {
    readiness = 'draining'
    draining ??= drainDoor({ door, mcp, chat, agents, running, shutdown, tell })
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

/** Where programs on this machine find us. */
function addressOf(host: string, port: number): URL {
  const isAny = host === '0.0.0.0' || host === '::' || host === '[::]'
  const name = isAny ? '127.0.0.1' : host.replace(/^([0-9a-f:]*:[0-9a-f:]*)$/i, '[$1]')
  return new URL(`http://${name}:${port}/`)
}

/** In the form that clients of this path read. */
function refuseFor(response: ServerResponse, error: GatewayError, path: string): void {
  if (speaksMcp(path)) refuseHttp(response, error)
  else if (speaksOpenAi(path)) refuseApi(response, error)
  else refuseRest(response, error)
}

function accessOf({ gateway, principals }: Running): readonly Endpoint[] {
  return accessEndpoints({
    gateway,
    keys: createKeyDesk(principals),
    explain: (principal, tool) => explain(gateway, principals, { principal, tool }),
  })
}

function approvalsOf({ gateway, pins }: Running): readonly Endpoint[] {
  const rulesOf = (name: string) => gateway.servers.find((one) => one.name === name)?.config
  return approvalEndpoints(gateway, createApprovalDesk(pins, rulesOf), isLocal)
}

/** Whoever needs no key is taken for the person at the machine. */
function isLocal(principal: string): boolean {
  return principal === localPrincipal
}

function callsOf({ audit }: Running): readonly Endpoint[] {
  const folder = auditFolder()
  return callEndpoints({
    list: (asked) => readCalls(folder, asked),
    get: (id) => readCall(folder, id),
    flush: async () => audit?.flush(),
  })
}

function healthOf({ gateway, reloader, audit }: Running, readiness: () => Readiness): Route {
  return createHealth((access) => ({
    readiness: readiness(),
    configGeneration: gateway.generation,
    lastReloadError: access.allows('config') ? reloader.last?.error?.message : undefined,
    refusing: refusingFor(audit),
    servers: visibleServers(gateway, access),
  }))
}

/** Where each call must be written down and cannot be, none is made. */
function refusingFor(audit: Running['audit']): string | undefined {
  const problem = audit?.journal.isRequired ? audit.health.problem : undefined
  return problem === undefined ? undefined : `calls cannot be written down: ${problem}`
}

interface DrainOptions {
  readonly door: Door
  readonly mcp: McpDoor
  readonly chat: ChatDoor
  readonly agents: AgentHub
  readonly running: Running
  readonly shutdown: Config['shutdown']
  readonly tell: Tell
}

/** What is given up after the drain still has time to be told so. */
const partingMs = 500

async function drainDoor({
  door,
  mcp,
  chat,
  agents,
  running,
  shutdown,
  tell,
}: DrainOptions): Promise<void> {
  const { gateway } = running
  const { delayMs, drainMs } = shutdown
  door.makeLast()
  if (delayMs > 0) await pause(delayMs)
  const left = door.close(drainMs + partingMs)
  mcp.endStreams()
  gateway.consent.desk.endWatches()
  await drained({ callsInFlight: () => gateway.callsInFlight, left, drainMs, tell })
  const reason = 'the gateway is shutting down'
  gateway.cancelAll(new GatewayError('call_cancelled', { reason }))
  mcp.endSessions()
  await agents[Symbol.asyncDispose]()
  await left
  await chat[Symbol.asyncDispose]()
  mcp[Symbol.dispose]()
}
