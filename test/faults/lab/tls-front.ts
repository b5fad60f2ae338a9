import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { SecureContextOptions } from 'node:tls'

/** What comes to a client that opens a secure connection; `silent` never says anything. */
export type Front = SecureContextOptions | 'silent' | 'plain'

/** Speaks TLS in front of a server that does not. */
export interface TlsFront extends AsyncDisposable {
  /** The server as clients reach it. */
  readonly url: string
  /** New connections find it so; those that are open end. */
  become(front: Front): void
  /** How many connections carried a request to the server since the last change. */
  served(): number
}

export async function startTlsFront(targetPort: number, first: Front): Promise<TlsFront> {
  const open = new Set<Socket>()
  let front = first
  let served = 0
  const server = createServer((client) => {
    open.add(client)
    client.once('close', () => open.delete(client))
    client.on('error', () => client.destroy())
    if (front === 'silent') return
    const secured = front === 'plain' ? client : secure(client, front)
    secured.once('data', (bytes) => {
      served += 1
      const far = connect(targetPort, '127.0.0.1')
      far.write(bytes)
      for (const [from, to] of [
        [secured, far],
        [far, secured],
      ] as const) {
        from.pipe(to)
        from.on('error', () => to.destroy()).on('close', () => to.destroy())
      }
    })
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const endAll = (): void => open.forEach((socket) => socket.destroy())

  return {
    url: `https://localhost:${port}/mcp`,
    become(next) {
      front = next
      served = 0
      endAll()
    },
    served: () => served,
    async [Symbol.asyncDispose]() {
      server.close()
      endAll()
      await once(server, 'close')
    },
  }
}

function secure(client: Socket, context: SecureContextOptions): TLSSocket {
  const secured = new TLSSocket(client, {
    isServer: true,
    secureContext: createSecureContext(context),
  })
  // Clients that do not like what they see go away.
  return secured.on('error', () => client.destroy())
}
