import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Admission, RequestHeaders } from './admission.ts'
import { readHeaders } from './admission.ts'
import { refuseHttp, sendEmpty } from './answers.ts'

// An `import` of node:http reads all that it exports, and with that loads a whole HTTP client: 17 ms of every start.
const { createServer }: typeof import('node:http') = createRequire(import.meta.url)('node:http')

export interface RouteMatch {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly headers: RequestHeaders
  /** The path without its query, still encoded. */
  readonly path: string
  readonly query: string
}

/** Serves a request, or says by `false` that it is not its own. */
export type Route = (match: RouteMatch) => boolean

export interface DoorOptions {
  readonly host: string
  readonly port: number
  readonly admission: Admission
  /** Asked in order. */
  readonly routes: readonly Route[]
  /** A request that failed in a way nobody foresaw. */
  readonly onFault: (error: unknown) => void
}

/** The listening HTTP server: checks who asks for what before any route sees it. */
export interface Door {
  readonly port: number
  /** Takes no more connections; what is under way may end until `graceMs` have passed. */
  close(graceMs: number): Promise<void>
}

const idleCheckMs = 50

export async function openDoor(options: DoorOptions): Promise<Door> {
  const { admission, routes } = options
  const sockets = new Set<Socket>()

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const headers = readHeaders(request)
    try {
      admission.check(headers)
      const { url = '/' } = request
      // An absolute target names a host of its own, which would escape the check; so may one with two slashes.
      if (!url.startsWith('/') || url.startsWith('//'))
        throw new GatewayError('request_invalid', { problem: 'the target must be a path' })
      const mark = url.indexOf('?')
      const path = mark === -1 ? url : url.slice(0, mark)
      const match = {
        request,
        response,
        headers,
        path,
        query: mark === -1 ? '' : url.slice(mark + 1),
      }
      if (!routes.some((route) => route(match))) sendEmpty(response, 404)
    } catch (error) {
      if (!(error instanceof GatewayError)) options.onFault(error)
      const shown = error instanceof GatewayError ? error : new GatewayError('internal', undefined)
      if (response.headersSent) response.destroy()
      else refuseHttp(response, shown)
    }
  }

  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
    connectionsCheckingInterval: 5000,
    noDelay: true,
  })
  server.on('request', serve)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await listen(server, options)

  return {
    port: portOf(server),
    close: (graceMs) => closeServer(server, sockets, graceMs),
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the door is not open')
  return address.port
}

async function closeServer(
  server: Server,
  sockets: ReadonlySet<Socket>,
  graceMs: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  // A connection that was busy becomes idle later.
  const idling = setInterval(() => server.closeIdleConnections(), idleCheckMs)
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, graceMs)
  await closed
  clearTimeout(timer)
  clearInterval(idling)
}

function listen(server: Server, { host, port }: DoorOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new GatewayError('port_in_use', { host, port }, { cause: error })
          : error,
      )
    })
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port, backlog: 1024 }, resolve)
  })
}
