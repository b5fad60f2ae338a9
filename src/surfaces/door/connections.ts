import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** One client connection, and what is under way on it. */
export class Connection {
  readonly socket: Socket
  readonly address: string
  /** Turned away: what still comes in on it is not served. */
  isRefused = false
  /** The last request that came in, and its answer. */
  request: IncomingMessage | undefined
  response: ServerResponse | undefined
  /** Answers that wait for an earlier one, when the client sends without waiting. */
  #pipelined: ServerResponse[] | undefined
  readonly openedAt: number
  #seenBytes = 0
  #movedAt: number
  #isTimed = false
  #keys: Set<string> | undefined

  constructor(socket: Socket, now: number) {
    this.socket = socket
    this.address = socket.remoteAddress ?? ''
    this.openedAt = now
    this.#movedAt = now
  }

  /** How many answers the client waits for once this one is among them. */
  begin(request: IncomingMessage, response: ServerResponse): number {
    const before = this.response
    this.request = request
    this.response = response
    response.on('finish', this.#answered)
    if (before === undefined || before.writableFinished) {
      this.#pipelined = undefined
      this.#keys = undefined
      return 1
    }
    const waiting = (this.#pipelined ?? [before]).filter(
      ({ writableFinished }) => !writableFinished,
    )
    waiting.push(response)
    this.#pipelined = waiting
    return waiting.length
  }

  /** What is over is let go of at once: held by a connection, which lives long, it would survive with all it holds. */
  readonly #answered = (): void => {
    if (this.response?.writableFinished !== true || this.request?.complete !== true) return
    this.request = undefined
    this.response = undefined
  }

  /** The id of a key that came with a request that is not answered yet. */
  showed(key: string): void {
    ;(this.#keys ??= new Set()).add(key)
  }

  /** Whether everything that is under way on it may go on. */
  hasOnly(isGood: (key: string) => boolean): boolean {
    if (this.isIdle) return true
    for (const key of this.#keys ?? []) if (!isGood(key)) return false
    return true
  }

  get isIdle(): boolean {
    const { request, response } = this
    return response === undefined || (response.writableFinished && request?.complete === true)
  }

  /** Holds on to nothing of what is over. */
  rest(): void {
    if (!this.isIdle) return
    this.request = undefined
    this.response = undefined
    this.#pipelined = undefined
  }

  /** Every answer from now on is the last one on this connection. */
  makeLast(): void {
    for (const response of this.#pipelined ?? [this.response]) {
      if (response && !response.headersSent) response.shouldKeepAlive = false
    }
  }

  /** How long nothing has come in. */
  quietMs(now: number): number {
    const { bytesRead } = this.socket
    if (bytesRead !== this.#seenBytes) {
      this.#seenBytes = bytesRead
      this.#movedAt = now
    }
    return now - this.#movedAt
  }

  /** Cuts it off after this time without any of what waits being read. Node knows when a slow reader does read. */
  timeUnread(stallMs: number): void {
    const isUnread = this.socket.writableLength > 0
    if (isUnread === this.#isTimed) return
    this.#isTimed = isUnread
    if (isUnread) this.socket.setTimeout(stallMs)
    // Between requests the time of an idle connection is running.
    else if (!this.isIdle) this.socket.setTimeout(0)
  }
}

export interface ConnectionLimits {
  /** How many connections may be open at once. */
  readonly connections: number
  /** How long a body may pause. */
  readonly bodyStallMs: number
  /** How long a client may read nothing of what waits for it. */
  readonly readStallMs: number
}

/** All client connections of a door, looked at by one timer. */
export interface Connections {
  /** Notes a connection; false when it is one too many. */
  open(socket: Socket): boolean
  of(socket: Socket): Connection | undefined
  /** Somebody else looks after it from now on. */
  release(socket: Socket): void
  readonly size: number
  /** Looks after those that take too long; called every second. */
  sweep(): void
  makeLast(): void
  /** Ends those that wait for nothing and over which nothing has come for a while. */
  closeQuiet(quietMs: number): void
  /** Ends those on which something is under way with a key that is not good any more. */
  expel(isGood: (key: string) => boolean): void
  destroyAll(): void
}

/** Refused connections get this long to read why. */
const partingMs = 1000
/** More than these at once are cut off without a word. */
const partingLimit = 256

export function createConnections(
  { connections: limit, bodyStallMs, readStallMs }: ConnectionLimits,
  onStalled: (connection: Connection) => void,
): Connections {
  const all = new Map<Socket, Connection>()
  const shares = createShares(limit)
  let refused = 0

  function forget({ socket, isRefused, address }: Connection): void {
    if (!all.delete(socket)) return
    if (isRefused) refused--
    else shares.giveBack(address)
  }

  function look(connection: Connection, now: number): void {
    const { socket, request, isRefused, openedAt } = connection
    if (isRefused) {
      if (now - openedAt > partingMs) socket.destroy()
      return
    }
    connection.timeUnread(readStallMs)
    const quietMs = connection.quietMs(now)
    if (quietMs > bodyStallMs && request?.complete === false) onStalled(connection)
    connection.rest()
  }

  return {
    open(socket) {
      const connection = new Connection(socket, performance.now())
      if (!shares.take(connection.address)) {
        connection.isRefused = true
        if (refused >= partingLimit) socket.destroy()
        refused++
      }
      all.set(socket, connection)
      socket.once('close', () => forget(connection))
      return !connection.isRefused
    },
    of: (socket) => all.get(socket),
    release(socket) {
      const connection = all.get(socket)
      if (connection) forget(connection)
    },
    get size() {
      return all.size - refused
    },
    sweep() {
      const now = performance.now()
      for (const connection of all.values()) look(connection, now)
    },
    makeLast() {
      for (const connection of all.values()) connection.makeLast()
    },
    closeQuiet(quietMs) {
      const now = performance.now()
      for (const connection of all.values())
        if (connection.isIdle && connection.quietMs(now) >= quietMs) connection.socket.destroy()
    },
    expel(isGood) {
      for (const connection of all.values())
        if (!connection.hasOnly(isGood)) connection.socket.destroy()
    },
    destroyAll() {
      for (const socket of all.keys()) socket.destroy()
    },
  }
}

/** Shares a number of places among addresses, so that one of them cannot keep all others out. */
function createShares(limit: number) {
  const byAddress = new Map<string, number>()
  let taken = 0

  return {
    /** One address may have what it likes while there is room, but not the last quarter on top of a half. */
    take(address: string): boolean {
      const own = byAddress.get(address) ?? 0
      if (taken >= limit || (taken >= limit * 0.75 && own >= limit / 2)) return false
      byAddress.set(address, own + 1)
      taken++
      return true
    },
    giveBack(address: string): void {
      const left = (byAddress.get(address) ?? 1) - 1
      if (left === 0) byAddress.delete(address)
      else byAddress.set(address, left)
      taken--
    },
  }
}
