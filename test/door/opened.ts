import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fullAccess } from '../../src/core/access/access.ts'
import { createEntrance } from '../../src/surfaces/door/entrance.ts'
import type { DoorOptions, Route, ShedReason } from '../../src/surfaces/door/server.ts'
import { openDoor } from '../../src/surfaces/door/server.ts'

/** A door in this process with a route of the test's own behind it. */
export interface OpenedDoor extends AsyncDisposable {
  readonly port: number
  readonly faults: unknown[]
  readonly shed: ShedReason[]
  readonly connections: () => number
  readonly makeLast: () => void
  readonly close: (graceMs: number) => Promise<void>
  /** A connection to it; errors on it are what tests are about. */
  connect(from?: string, options?: PeerOptions): Promise<Peer>
}

export interface PeerOptions {
  /** It stays when the other side says that it has said all. */
  readonly allowHalfOpen?: boolean
}

export interface Peer {
  readonly socket: Socket
  /** All that has come. */
  readonly received: () => string
  readonly closed: Promise<void>
}

/** Lets everybody in, to everything. */
const entrance = createEntrance({
  admission: { check() {}, answersTo: () => true },
  authenticate: () => ({ access: fullAccess('local'), key: undefined }),
  scopes: { find: (_method, path) => ({ method: '*', path, scope: 'any' }) },
  loops: { trail: () => () => '', check() {} },
})

export const ok: Route = ({ request, response }) => {
  request.resume()
  response.end('ok')
  return true
}

export async function openTestDoor(
  route: Route,
  options: Partial<Pick<DoorOptions, 'connections' | 'timing'>> = {},
): Promise<OpenedDoor> {
  const faults: unknown[] = []
  const shed: ShedReason[] = []
  const peers = new Set<Socket>()
  const door = await openDoor({
    host: '127.0.0.1',
    port: 0,
    connections: 100,
    entrance,
    routes: [route],
    onFault: (error) => faults.push(error),
    onShed: (reason) => shed.push(reason),
    ...options,
  })
  return {
    port: door.port,
    faults,
    shed,
    connections: () => door.connections,
    makeLast: () => door.makeLast(),
    close: (graceMs) => door.close(graceMs),
    async connect(from, peerOptions) {
      const peer = await peerOf(door.port, from, peerOptions)
      peers.add(peer.socket)
      return peer
    },
    async [Symbol.asyncDispose]() {
      for (const socket of peers) socket.destroy()
      await door.close(0)
    },
  }
}

/** A connection on which the test writes what it likes. */
export async function peerOf(
  port: number,
  from = '127.0.0.1',
  { allowHalfOpen = false }: PeerOptions = {},
): Promise<Peer> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen })
  let text = ''
  socket.setEncoding('latin1').on('data', (said: string) => (text += said))
  // What the other side does to it is what tests are about.
  socket.on('error', () => socket.destroy())
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  await once(socket, 'connect')
  return { socket, received: () => text, closed }
}

/** A request without a body, as text. */
export function get(target = '/'): string {
  return `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
}

/** The status lines in what came, in order. */
export function statuses(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status))
}
