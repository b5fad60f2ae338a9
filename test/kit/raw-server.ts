import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'

/** One connection to the server: what came in on it, and the means to answer. */
export interface RawPeer {
  readonly socket: Socket
  /** Which connection of the server this is, from 0. */
  readonly index: number
}

export interface RawServer extends AsyncDisposable {
  readonly url: URL
  readonly port: number
  /** How many connections were ever made. */
  readonly connections: () => number
  /** The heads and bodies of the requests, in the order they came in whole. */
  readonly requests: readonly string[]
}

/** A TCP server that reads HTTP requests and answers each with whatever bytes the test writes. */
export async function startRawServer(
  answer: (peer: RawPeer, request: string) => void,
  connected?: (peer: RawPeer) => void,
): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const requests: string[] = []
  let count = 0
  const server = createServer((socket) => {
    const peer = { socket, index: count++ }
    let text = ''
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // The other side may go away at any moment: that is what many tests are about.
    socket.on('error', () => sockets.delete(socket))
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      for (;;) {
        const length = wholeRequest(text)
        if (length === undefined) return
        const request = text.slice(0, length)
        text = text.slice(length)
        requests.push(request)
        answer(peer, request)
      }
    })
    connected?.(peer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    port,
    url: new URL(`http://127.0.0.1:${port}/mcp?x=1`),
    connections: () => count,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** How long the first whole request in the text is. */
function wholeRequest(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const length = head + 4 + Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0)
  return text.length >= length ? length : undefined
}
