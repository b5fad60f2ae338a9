import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { Server as NetServer } from 'node:net'
import { GatewayError } from '../../contract/gateway-error.ts'
import { refuseHttp, sendEmpty } from './answers.ts'
import type { Connection, Connections } from './connections.ts'
import { createConnections } from './connections.ts'
import type { Entered, Entrance } from './entrance.ts'
import { guarded } from './guard.ts'
import type { ListenAddress } from './listen.ts'
import { fdOf, listen, portOf } from './listen.ts'
import { refusalText, tooBusy } from './refusal.ts'
import type { ServeUpgrade } from './upgrade.ts'
import { wantsWebSocket } from './upgrade.ts'

// An `import` of node:http reads all that it exports, and with that loads a whole HTTP client: 17 ms of every start.
const { createServer }: typeof import('node:http') = createRequire(import.meta.url)('node:http')

export interface RouteMatch extends Entered {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Serves a request, or says by `false` that it is not its own. */
export type Route = (match: RouteMatch) => boolean

export interface DoorOptions extends ListenAddress {
  readonly entrance: Entrance
  /** Asked in order. */
  readonly routes: readonly Route[]
  /** Takes the requests that want to go on as a WebSocket; without it they are served as others are. */
  readonly upgrade?: ServeUpgrade
  /** Tells why a request is not served, in the form that clients of this path read. */
  readonly refuse?: (response: ServerResponse, error: GatewayError, path: string) => void
  /** How many connections may be open at once. */
  readonly connections: number
  readonly timing?: Partial<DoorTiming>
  /** A request that failed in a way nobody foresaw. */
  readonly onFault: (error: unknown) => void
  /** A connection or a request was turned away to protect the rest. */
  readonly onShed?: (reason: ShedReason) => void
}

export type ShedReason = 'connections' | 'pipelining' | 'file_descriptors'

/** The listening HTTP server: checks who asks for what before any route sees it. */
export interface Door {
  readonly port: number
  /** The number of its listening socket in this process, where the system has such numbers. */
  readonly fd: number | undefined
  /** How many client connections are open. */
  readonly connections: number
  /** From now on every answer is the last one on its connection. */
  makeLast(): void
  /** Ends the connections on which something is under way with a key that is not good any more. */
  expel(isGood: (key: string) => boolean): void
  /** Takes no more connections; what is under way may end until `graceMs` have passed. */
  close(graceMs: number): Promise<void>
}

/** How long a client may take. */
export interface DoorTiming {
  /** For the head of a request. */
  readonly headMs: number
  /** For a whole request. */
  readonly requestMs: number
  /** Between two pieces of a body. */
  readonly bodyStallMs: number
  /** Between two reads while something waits for it. */
  readonly readStallMs: number
  /** How often all this is looked at. */
  readonly sweepMs: number
}

const standardTiming: DoorTiming = {
  headMs: 10_000,
  requestMs: 30_000,
  bodyStallMs: 10_000,
  readStallMs: 30_000,
  sweepMs: 1000,
}
const keepAliveMs = 75_000
const idleCheckMs = 50
/** A client that is about to send its next request must not find its connection closed. */
const quietMs = 500
/** Requests that a client sends on one connection without waiting for the answers. */
const pipelineLimit = 16

export async function openDoor(options: DoorOptions): Promise<Door> {
  const timing = { ...standardTiming, ...options.timing }
  const connections = createConnections({ ...timing, connections: options.connections }, cutOff)
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: timing.headMs,
    requestTimeout: timing.requestMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: timing.sweepMs,
    noDelay: true,
    shouldUpgradeCallback: (request) => options.upgrade !== undefined && wantsWebSocket(request),
  })
  const reception = receive(server, connections, options)
  await listen(server, options)
  const sweep = guarded(options.onFault, () => connections.sweep())
  const sweeping = setInterval(sweep, timing.sweepMs).unref()

  return {
    port: portOf(server),
    fd: fdOf(server),
    get connections() {
      return connections.size
    },
    makeLast: () => reception.makeLast(),
    expel: (isGood) => connections.expel(isGood),
    async close(graceMs) {
      await closeServer(server, connections, graceMs)
      clearInterval(sweeping)
    },
  }
}

/** Lets connections and requests in as far as there is room. */
function receive(server: Server, connections: Connections, options: DoorOptions) {
  const { onFault, onShed } = options
  const serve = createServe(options, connections)
  let isLast = false

  server.on('connection', (socket) => {
    if (connections.open(socket)) return
    onShed?.('connections')
    if (!socket.destroyed) socket.end(refusalText('too many connections are open'), 'latin1')
  })
  server.on('request', (request, response) => {
    const connection = connections.of(request.socket)
    if (connection === undefined || connection.isRefused) return
    const waiting = connection.begin(request, response)
    if (isLast) response.shouldKeepAlive = false
    if (waiting <= pipelineLimit) return serve(request, response)
    onShed?.('pipelining')
    response.shouldKeepAlive = false
    refuseHttp(response, tooBusy('too many requests wait on this connection'))
  })
  server.on('upgrade', (request, socket, head) => {
    const connection = connections.of(request.socket)
    if (connection === undefined || connection.isRefused) return void socket.destroy()
    options.upgrade?.({ request, head, release: () => connections.release(request.socket) })
  })
  server.on('listening', () => {
    // Accepting fails while no file descriptor is free; the next connection is tried all the same.
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EMFILE' || error.code === 'ENFILE') onShed?.('file_descriptors')
      else onFault(error)
    })
  })
  return {
    makeLast() {
      isLast = true
      connections.makeLast()
    },
  }
}

function createServe(
  {
    entrance,
    routes,
    refuse = (response, error) => refuseHttp(response, error),
    onFault,
  }: DoorOptions,
  connections: Connections,
) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    try {
      const entered = entrance.enter(request)
      const { headers, path, query, access, key } = entered
      if (key !== undefined) connections.of(request.socket)?.showed(key)
      const match = { request, response, headers, path, query, access, key }
      if (!routes.some((route) => route(match))) sendEmpty(response, 404)
    } catch (error) {
      if (!(error instanceof GatewayError)) onFault(error)
      const shown = error instanceof GatewayError ? error : new GatewayError('internal', undefined)
      if (response.headersSent) response.destroy()
      else refuse(response, shown, pathOf(request))
    }
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.replace(/\?.*$/s, '')
}

/** A body that does not get any further. */
function cutOff({ socket, response }: Connection): void {
  const isSilent = response === undefined || response.headersSent
  if (!isSilent) sendEmpty(response, 408, ['Connection', 'close'])
  socket.destroySoon()
}

async function closeServer(
  server: Server,
  connections: Connections,
  graceMs: number,
): Promise<void> {
  // The one of HTTP would cut off connections on which the next request is already on its way.
  const closed = new Promise<void>((resolve) =>
    NetServer.prototype.close.call(server, () => resolve()),
  )
  connections.closeQuiet(quietMs)
  // A connection that was busy becomes idle later.
  const idling = setInterval(() => connections.closeQuiet(quietMs), idleCheckMs)
  const timer = setTimeout(() => connections.destroyAll(), graceMs)
  await closed
  clearTimeout(timer)
  clearInterval(idling)
  // Ends its own checks too.
  server.close()
}
