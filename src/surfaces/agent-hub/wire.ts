import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { FrameSocket } from '../../wire/multiplex.ts'

/** Who is told what comes over a connection. */
export interface WireListener {
  received(wire: AgentWire, message: Buffer, isBinary: boolean): void
  /** It is gone; in order, when the other side meant it to be. */
  detached(wire: AgentWire, isOrderly: boolean): void
  /** What came is no WebSocket, or too much at once. */
  broken(wire: AgentWire, problem: string): void
}

/** The WebSocket of an agent, with what tells whether the other side is still there. */
export class AgentWire implements FrameSocket {
  readonly address: string
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  #seenBytes = 0
  #heardAt: number
  #pingedAt: number
  #frames = 0

  constructor(webSocket: WebSocket, socket: Socket, now: number) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.address = socket.remoteAddress ?? ''
    this.#heardAt = now
    this.#pingedAt = now
  }

  /** When anything last came in. */
  get heardAt(): number {
    return this.#heardAt
  }

  listen(listener: WireListener): void {
    this.#webSocket.on('message', (message: Buffer, isBinary: boolean) =>
      listener.received(this, message, isBinary),
    )
    this.#webSocket.on('error', ({ message }) => listener.broken(this, message))
    this.#webSocket.on('close', (code: number) => listener.detached(this, isOrderly(code)))
  }

  send(frame: Buffer): void {
    inOneWrite(this.#socket)
    this.#webSocket.send(frame, ignore)
  }

  say(frame: object): void {
    inOneWrite(this.#socket)
    this.#webSocket.send(JSON.stringify(frame), ignore)
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason.slice(0, 120))
  }

  /** Ends it without waiting for the other side, which may not be there. */
  cut(): void {
    this.#webSocket.terminate()
  }

  /** Counts a message; reading stops for the rest of the second when there are more than so many. */
  counted(framesPerSecond: number): void {
    if (++this.#frames === framesPerSecond) this.#webSocket.pause()
  }

  /** Called about once a second: says how long nothing has come, and asks for a sign of life now and then. */
  look(now: number, heartbeatMs: number): number {
    this.#frames = 0
    if (this.#webSocket.isPaused) this.#webSocket.resume()
    const { bytesRead } = this.#socket
    if (bytesRead !== this.#seenBytes) {
      this.#seenBytes = bytesRead
      this.#heardAt = now
    }
    if (now - this.#pingedAt >= heartbeatMs) {
      this.#pingedAt = now
      this.#webSocket.ping(undefined, undefined, ignore)
    }
    return now - this.#heardAt
  }
}

/** What is sent in one turn goes out together: each write costs more than all that is in it. */
export function inOneWrite(socket: Socket): void {
  if (socket.writableCorked > 0) return
  socket.cork()
  process.nextTick(uncork, socket)
}

function uncork(socket: Socket): void {
  socket.uncork()
}

function isOrderly(code: number): boolean {
  return code === 1000 || code === 1001 || code === 1005
}

/** What could not be written is told by the end of the connection. */
function ignore(): void {}
