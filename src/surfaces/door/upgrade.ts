import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { GatewayError } from '../../contract/gateway-error.ts'
import { errorAnswer, faultJson } from '../../core/eras/fault.ts'
import type { Admission, RequestHeaders } from './admission.ts'
import { readHeaders } from './admission.ts'
import { headerLines } from './refusal.ts'

/** A request to go on over its connection as a WebSocket. */
export interface UpgradeMatch {
  readonly request: IncomingMessage
  /** What the client sent in the same breath. */
  readonly head: Buffer
  readonly headers: RequestHeaders
  /** The path without its query, still encoded. */
  readonly path: string
  readonly query: string
  /** The connection is no HTTP client's any more: from now on somebody else bounds and ends it. */
  release(): void
}

/** Takes an upgrade request, or says by `false` that it is not its own. */
export type UpgradeRoute = (match: UpgradeMatch) => boolean

export type ServeUpgrade = (wanted: Pick<UpgradeMatch, 'request' | 'head' | 'release'>) => void

export interface UpgradeOptions {
  readonly admission: Admission
  readonly routes: readonly UpgradeRoute[]
  readonly onFault: (error: unknown) => void
}

/** Only these are upgrades here; what else a client would like to speak is answered in HTTP. */
export function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** Checks the name that was asked for, as for any request, and finds who serves the path. */
export function createUpgrades({ admission, routes, onFault }: UpgradeOptions): ServeUpgrade {
  return (wanted) => {
    const { socket, url = '/' } = wanted.request
    try {
      const headers = readHeaders(wanted.request)
      admission.check(headers)
      const mark = url.indexOf('?')
      const path = mark === -1 ? url : url.slice(0, mark)
      const query = mark === -1 ? '' : url.slice(mark + 1)
      const match = { ...wanted, headers, path, query }
      if (routes.some((route) => route(match))) return
      throw new GatewayError('route_unknown', { path })
    } catch (error) {
      if (!(error instanceof GatewayError)) onFault(error)
      refuseUpgrade(
        socket,
        error instanceof GatewayError ? error : new GatewayError('internal', undefined),
      )
    }
  }
}

/** Answers in HTTP and ends the connection. */
export function refuseUpgrade(socket: Socket, error: GatewayError): void {
  const body = errorAnswer('null', faultJson(error, { outcome: 'not_executed' }))
  const head = [
    `HTTP/1.1 ${error.status} Refused`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...headerLines(error),
    'Connection: close',
  ]
  // Whoever is gone needs no answer.
  socket.on('error', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}
