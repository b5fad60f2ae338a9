import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

import { createPipe, type Toxics } from './proxy/pipe.ts'

/** What is wrong with the way, in each direction. */
export interface Chaos {
  /** From the client to the server. */
  readonly up?: Toxics
  /** From the server to the client. */
  readonly down?: Toxics
}

/** A TCP proxy on a free port whose way can be made bad while connections are open. */
export interface ChaosProxy extends AsyncDisposable {
  readonly port: number
  /** The address of the server as seen through the proxy. */
  readonly url: string
  /** From now on, and for the connections that are open, the way is so; `{}` heals it. */
  become(chaos: Chaos): void
  /** Refuses connections and ends those that are open. */
  goDown(): Promise<void>
  comeUp(): Promise<void>
  /** Resets every connection that is open now; says how many. */
  resetAll(): number
  /** Ends every connection that is open now, in order, towards both sides. */
  closeAll(): number
  /** How many connections are open, and how many ever were. */
  counts(): { readonly open: number; readonly ever: number }
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

export async function startChaosProxy(targetPort: number): Promise<ChaosProxy> {
  const pairs = new Set<Pair>()
  let chaos: Chaos = {}
  let ever = 0
  const server = createServer({ allowHalfOpen: true }, (client) => {
    ever += 1
    const pair = join(client, targetPort, () => chaos)
    pairs.add(pair)
    client.once('close', () => pairs.delete(pair))
  })
  const port = await listen(server, 0)
  const each = (work: (socket: Socket) => void): number => {
    const count = pairs.size
    for (const { client, server: far } of pairs) [client, far].forEach(work)
    return count
  }
  const reset = (): number => each((socket) => void socket.resetAndDestroy())
  const close = async (): Promise<void> => {
    if (!server.listening) return
    server.close()
    reset()
    await once(server, 'close')
  }

  return {
    port,
    url: `http://127.0.0.1:${port}/mcp`,
    become(next) {
      chaos = next
    },
    goDown: close,
    comeUp: async () => void (await listen(server, port)),
    resetAll: reset,
    closeAll: () => each((socket) => socket.destroySoon()),
    counts: () => ({ open: pairs.size, ever }),
    [Symbol.asyncDispose]: close,
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : port
}

function join(client: Socket, port: number, chaos: () => Chaos): Pair {
  const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  client.setNoDelay(true)
  const reset = (): void => {
    client.resetAndDestroy()
    server.resetAndDestroy()
  }
  createPipe(client, server, { toxics: () => chaos().up ?? {}, reset })
  createPipe(server, client, { toxics: () => chaos().down ?? {}, reset })
  // A server that is not there looks to the client as one that ends at once.
  server.on('error', reset)
  client.on('error', reset)
  return { client, server }
}
