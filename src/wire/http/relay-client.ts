import type { LookupFunction, Socket } from 'node:net'
import { connect as connectPlain, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ByteText, Payload } from '../bytes.ts'
import { payloadLength } from '../bytes.ts'
import type { ExchangeReceiver } from './connection.ts'
import { HttpConnection } from './connection.ts'

export interface RelayOptions {
  readonly url: URL
  /** Resolves and checks names: the guard's, never the system's own. */
  readonly lookup: LookupFunction
  /** Refuses the address a socket reached. */
  readonly checkAddress: (address: string) => string | undefined
  readonly connections: number
  readonly connectTimeoutMs: number
  readonly tlsTimeoutMs: number
  /** Idle sockets are not used again after this, nor after the server's own hint. */
  readonly idleMs: number
  readonly now: () => number
  /** Header lines that are others from time to time. */
  readonly lines: () => ByteText
}

export interface RelayRequest {
  readonly method: 'POST' | 'GET' | 'DELETE'
  /** Header lines after the fixed ones, each ended by CR LF. */
  readonly headers: ByteText
  readonly body: Payload
}

export interface RelayHandle {
  /** Gives the exchange up; the receiver hears nothing more. */
  abandon(): void
  pause(): void
  resume(): void
}

/** A small HTTP/1.1 client for the relay path: keep-alive, newest socket first, one request a socket. */
export interface RelayClient extends Disposable {
  /** `signature`: one more header line that changes from time to time. */
  send(request: RelayRequest, receiver: ExchangeReceiver, signature?: ByteText): RelayHandle
  /** How often a socket that had served us went away. */
  readonly losses: number
}

const waitingLimit = 4096
const readBytes = 64 * 1024

export function createRelayClient(options: RelayOptions): RelayClient {
  const pool = new Pool(options)
  const { url, lines } = options
  const target = `${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n`

  return {
    get losses() {
      return pool.losses
    },
    send(request, receiver, signature = '') {
      const length =
        request.method === 'POST' ? `Content-Length: ${payloadLength(request.body)}\r\n` : ''
      return pool.send(
        `${request.method} ${target}${length}${lines()}${signature}${request.headers}\r\n`,
        request.body,
        receiver,
      )
    },
    [Symbol.dispose]: () => pool.close(),
  }
}

/** A request with its connection, once it has one. */
class Exchange implements RelayHandle {
  readonly head: ByteText
  readonly body: Payload
  readonly receiver: ExchangeReceiver
  connection: HttpConnection | undefined
  readonly #pool: Pool

  constructor(pool: Pool, head: ByteText, body: Payload, receiver: ExchangeReceiver) {
    this.#pool = pool
    this.head = head
    this.body = body
    this.receiver = receiver
  }

  sendOn(connection: HttpConnection): void {
    this.connection = connection
    connection.send(this.head, this.body, this.receiver)
  }

  abandon(): void {
    this.#pool.stopWaiting(this)
    // A connection goes on to serve others: only while it still serves this one may it be given up.
    if (this.connection?.isServing(this.receiver)) this.connection.abandon()
  }

  pause(): void {
    if (this.connection?.isServing(this.receiver)) this.connection.socket.pause()
  }

  resume(): void {
    if (this.connection?.isServing(this.receiver)) this.connection.socket.resume()
  }
}

class Pool {
  readonly #options: RelayOptions
  readonly #idle: HttpConnection[] = []
  readonly #all = new Set<HttpConnection>()
  readonly #waiting: Exchange[] = []
  /** Reads are handed on before the next one begins, so one buffer serves all sockets. */
  readonly #readBuffer = Buffer.allocUnsafeSlow(readBytes)
  losses = 0

  constructor(options: RelayOptions) {
    this.#options = options
  }

  send(head: ByteText, body: Payload, receiver: ExchangeReceiver): RelayHandle {
    const exchange = new Exchange(this, head, body, receiver)
    const idle = this.#take()
    if (idle) exchange.sendOn(idle)
    else if (this.#all.size < this.#options.connections) exchange.sendOn(this.#open())
    else if (this.#waiting.length < waitingLimit) this.#waiting.push(exchange)
    else {
      queueMicrotask(() =>
        receiver.failed(new Error('too many requests are waiting for a connection'), false),
      )
    }
    return exchange
  }

  stopWaiting(exchange: Exchange): void {
    if (this.#waiting.length === 0) return
    const at = this.#waiting.indexOf(exchange)
    if (at >= 0) this.#waiting.splice(at, 1)
  }

  close(): void {
    for (const connection of this.#all)
      connection.fail(new Error('the gateway closed the connection'))
    for (const exchange of this.#waiting.splice(0))
      exchange.receiver.failed(new Error('the gateway closed the connection'), false)
  }

  /** The most recently used socket that is still good; older ones may be closing already. */
  #take(): HttpConnection | undefined {
    const now = this.#options.now()
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined) return undefined
      const hint = connection.keepAliveMs ?? Number.POSITIVE_INFINITY
      const usableMs = Math.min(this.#options.idleMs, hint - 1000)
      if (connection.isUsable && now - connection.idleSince < usableMs) return connection
      connection.abandon()
    }
  }

  #becameIdle = (connection: HttpConnection): void => {
    // The exchange that just ended is told first.
    if (this.#waiting.length > 0) queueMicrotask(() => this.#reuse(connection))
    else this.#rest(connection)
  }

  #reuse(connection: HttpConnection): void {
    if (!connection.isUsable) return
    const next = this.#waiting.shift()
    if (next) next.sendOn(connection)
    else this.#rest(connection)
  }

  #rest(connection: HttpConnection): void {
    connection.idleSince = this.#options.now()
    this.#idle.push(connection)
  }

  #open(): HttpConnection {
    const { url, lookup } = this.#options
    const isTls = url.protocol === 'https:'
    const address = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || (isTls ? 443 : 80)),
      lookup,
      noDelay: true,
    }
    // TLS decrypts into buffers of its own.
    const socket = isTls
      ? connectTls({
          ...address,
          servername: isIP(address.host) === 0 ? address.host : '',
          ALPNProtocols: ['http/1.1'],
        })
      : connectPlain({
          ...address,
          onread: {
            buffer: this.#readBuffer,
            callback: (length: number, buffer: Uint8Array) => {
              connection.received(Buffer.from(buffer.buffer, buffer.byteOffset, length))
              return true
            },
          },
        })
    const connection = new HttpConnection(socket, this.#becameIdle)
    // Half a minute after the other side went without a word, also a stream on which nothing is said ends.
    socket.setKeepAlive(true, 15_000, 5000, 3)
    const limited = limitOpening(socket, this.#options, (problem) =>
      connection.fail(new Error(problem)),
    )
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      limited[Symbol.dispose]()
      const refusal = this.#options.checkAddress(socket.remoteAddress ?? '')
      if (refusal !== undefined) connection.fail(new Error(refusal))
      else connection.opened()
    })
    if (isTls) socket.on('data', (bytes: Buffer) => connection.received(bytes))
    socket.on('end', () => connection.ended())
    socket.on('error', (error) => connection.fail(error))
    socket.once('close', () => {
      limited[Symbol.dispose]()
      this.#forget(connection)
    })
    this.#all.add(connection)
    return connection
  }

  #forget(connection: HttpConnection): void {
    connection.fail(new Error('the connection was closed'))
    this.#all.delete(connection)
    if (connection.served > 0) this.losses++
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    const next = this.#waiting.shift()
    next?.sendOn(this.#open())
  }
}

/** Each step on the way to an open socket has its own time. */
function limitOpening(
  socket: Socket,
  { url, connectTimeoutMs, tlsTimeoutMs }: RelayOptions,
  exceeded: (problem: string) => void,
): Disposable {
  let timer: NodeJS.Timeout | undefined
  const begin = (step: string, ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(() => exceeded(`no ${step} within ${ms} ms`), ms)
  }
  const isName = isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0
  begin(isName ? 'address for its name' : 'connection', connectTimeoutMs)
  if (isName) socket.once('lookup', () => begin('connection', connectTimeoutMs))
  if (url.protocol === 'https:') socket.once('connect', () => begin('TLS handshake', tlsTimeoutMs))
  return { [Symbol.dispose]: () => clearTimeout(timer) }
}
