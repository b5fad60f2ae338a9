import { randomUUID } from 'node:crypto'
import net, { type Socket } from 'node:net'

import { createEchoServer, type EchoOptions, type EchoServer, type Reply } from './replies.ts'

interface Head {
  readonly verb: string
  readonly path: string
  readonly session: string | undefined
  readonly isModern: boolean
  readonly lengthBytes: number
  readonly isChunked: boolean
}

type Sessions = Set<string>

/**
 * Serves the echo server over HTTP/1.1 on bare sockets. Written by hand because the server must
 * cost far less than what is measured in front of it; the load is trusted and never pipelines.
 * `/mcp` is one server; `/s/N/mcp` is the Nth of many, whose tools are named `sN_…`.
 */
export async function serveHttp(options: EchoOptions, port: number): Promise<number> {
  const echoServers = new Map<string, EchoServer>()
  const sessions: Sessions = new Set()

  const echoAt = (path: string): EchoServer => {
    const known = echoServers.get(path)
    if (known) return known
    const number = /^\/s\/(\d+)\//.exec(path)?.[1]
    const echo = createEchoServer({ ...options, prefix: number ? `s${number}_` : options.prefix })
    echoServers.set(path, echo)
    return echo
  }

  const server = net.createServer({ noDelay: true }, (socket) => {
    serveSocket(socket, (head, body) => {
      if (head.path === '/stats') return void socket.write(stats(echoServers), 'latin1')
      if (head.verb === 'GET') return openStream(socket, head, sessions)
      if (head.verb === 'DELETE') return endSession(socket, head, sessions)
      answerPost(socket, { head, body, echo: echoAt(head.path), sessions, era: options.era })
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', 1024, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

function serveSocket(socket: Socket, onRequest: (head: Head, body: Buffer) => void): void {
  let head: Head | undefined
  let partial: Buffer | undefined
  let filled = 0

  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    if (head && !head.isChunked && partial) {
      chunk.copy(partial, filled)
      filled += chunk.length
    } else {
      const bytes: Buffer = partial ? Buffer.concat([partial, chunk]) : chunk
      const headEnd = bytes.indexOf('\r\n\r\n')
      if (headEnd < 0) return void (partial = bytes)
      head = parseHead(bytes.toString('latin1', 0, headEnd))
      const rest = bytes.subarray(headEnd + 4)
      if (head.isChunked) {
        const body = joinChunks(rest)
        if (!body) return void (partial = bytes)
        const whole = head
        head = partial = undefined
        return onRequest(whole, body)
      }
      if (rest.length >= head.lengthBytes) {
        const whole = head
        head = partial = undefined
        return onRequest(whole, rest)
      }
      partial = Buffer.allocUnsafeSlow(head.lengthBytes)
      filled = rest.copy(partial)
    }
    if (filled < head.lengthBytes) return
    const whole = head
    const body = partial
    head = partial = undefined
    onRequest(whole, body)
  })
}

function parseHead(text: string): Head {
  const verbEnd = text.indexOf(' ')
  const pathEnd = text.indexOf(' ', verbEnd + 1)
  return {
    verb: text.slice(0, verbEnd),
    path: text.slice(verbEnd + 1, pathEnd),
    session: /\r\nmcp-session-id: *([^\r]+)/i.exec(text)?.[1],
    isModern: /\r\nmcp-protocol-version: *2026-/i.test(text),
    lengthBytes: Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0),
    isChunked: /\r\ntransfer-encoding: *chunked/i.test(text),
  }
}

/** The body of a complete chunked message, or undefined while bytes are missing. */
function joinChunks(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const start = lineEnd + 2
    if (bytes.length < start + size + 2) return undefined
    if (size === 0) return Buffer.concat(parts)
    parts.push(bytes.subarray(start, start + size))
    at = start + size + 2
  }
}

interface Post {
  readonly head: Head
  readonly body: Buffer
  readonly echo: EchoServer
  readonly sessions: Sessions
  readonly era: EchoOptions['era']
}

function answerPost(socket: Socket, { head, body, echo, sessions, era }: Post): void {
  if (era === 'legacy' && head.session === undefined) {
    const text = body.toString('latin1', 0, Math.min(body.length, 4096))
    if (!text.includes('"initialize"')) return refuse(socket, 400, 'Mcp-Session-Id is required')
  }
  if (head.session !== undefined && !head.isModern && !sessions.has(head.session)) {
    return refuse(socket, 404, 'Session not found')
  }
  const { envelope, reply } = echo.answer(body)
  if (!reply) return void socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n')
  let extra = ''
  if (envelope.method === 'initialize' && era !== 'modern') {
    const session = randomUUID()
    sessions.add(session)
    extra = `Mcp-Session-Id: ${session}\r\n`
  }
  writeReply(socket, reply, extra)
}

function writeReply(socket: Socket, { head, middle, tail }: Reply, extra: string): void {
  const lengthBytes = head.length + (middle?.length ?? 0) + tail.length
  const start = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${extra}Content-Length: ${lengthBytes}\r\n\r\n${head}`
  if (!middle) return void socket.write(start, 'latin1')
  socket.cork()
  socket.write(start, 'latin1')
  socket.write(middle)
  socket.write(tail, 'latin1')
  socket.uncork()
}

function refuse(socket: Socket, status: number, message: string): void {
  const body = `{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"${message}"}}`
  socket.write(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}

function openStream(socket: Socket, { session }: Head, sessions: Sessions): void {
  if (session === undefined || !sessions.has(session)) return refuse(socket, 405, 'No session')
  socket.write(
    'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
}

function endSession(socket: Socket, { session }: Head, sessions: Sessions): void {
  sessions.delete(session ?? '')
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
}

function stats(echoServers: ReadonlyMap<string, EchoServer>): string {
  const total: Record<string, number> = {}
  for (const { counts } of echoServers.values()) {
    for (const [method, count] of counts) total[method] = (total[method] ?? 0) + count
  }
  const body = JSON.stringify(total)
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}
