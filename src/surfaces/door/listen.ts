import type { Server } from 'node:net'
import { GatewayError } from '../../contract/gateway-error.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** A socket that listens there already, taken over from another process. */
  readonly inherited?: Server | undefined
}

const backlog = 4096

/** Binds and listens; a port that somebody else has is `port_in_use`. */
export function listen(server: Server, { host, port, inherited }: ListenAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const failed = (error: NodeJS.ErrnoException) =>
    reject(
      error.code === 'EADDRINUSE'
        ? new GatewayError('port_in_use', { host, port }, { cause: error })
        : error,
    )
  const listening = () => {
    server.off('error', failed)
    resolve()
  }
  server.once('error', failed)
  if (inherited) server.listen(inherited, listening)
  else server.listen({ host: host.replace(/^\[|\]$/g, ''), port, backlog }, listening)
  return promise
}

export function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the door is not open')
  return address.port
}

/** The number of the listening socket in this process, where the system has such numbers. */
export function fdOf(server: Server): number | undefined {
  const handle: unknown = Reflect.get(server, '_handle')
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined
}
