import type { WebSocket, WebSocketServer } from 'ws'
import { frameHeadBytes } from '../../wire/multiplex.ts'
import { inOneWrite } from './wire.ts'
import type { UpgradeMatch } from '../door/upgrade.ts'

/** Makes a WebSocket of an upgrade request; undefined when the client left or asked for something else. */
export function createAcceptor(
  limitBytes: number,
  subprotocol: string,
): (match: UpgradeMatch) => Promise<WebSocket | undefined> {
  let server: WebSocketServer | undefined

  return async ({ request, head }) => {
    const { socket } = request
    // Most gateways never see an agent, and this takes its time to load.
    const { WebSocketServer: Server } = await import('ws')
    server ??= new Server({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limitBytes + frameHeadBytes,
      handleProtocols: (asked) => (asked.has(subprotocol) ? subprotocol : false),
    })
    const { promise, resolve } = Promise.withResolvers<WebSocket | undefined>()
    const gone = () => resolve(undefined)
    socket.once('close', gone)
    // With the answer goes the first question.
    inOneWrite(socket)
    server.handleUpgrade(request, socket, head, (webSocket) => {
      // An agent stays long: nothing of how it came is kept.
      socket.off('close', gone)
      resolve(webSocket)
    })
    return promise
  }
}
