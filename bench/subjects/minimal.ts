import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import net, { type Socket } from 'node:net'

/**
 * The least a relay can be: `node:http` in, a keep-alive client on bare sockets out, no gateway
 * logic and no hardening. What starts as fast as this starts fast. `PORT URL`
 */

const [port, upstream = ''] = process.argv.slice(2)
const { hostname, port: upstreamPort, host } = new URL(upstream)
const readBytes = 64 * 1024
const smallBytes = 2048
const idleLimit = 256

interface Exchange {
  readonly response: ServerResponse
  /** Body bytes still to come; undefined until the head is read, -1 when chunked. */
  remaining: number | undefined
}

interface Lane {
  readonly socket: Socket
  exchange: Exchange | undefined
  pending: Buffer | undefined
}

/** Last in, first out: the warmest connection is taken again. */
const idle: Lane[] = []

function takeLane(): Lane {
  return idle.pop() ?? openLane()
}

function openLane(): Lane {
  const buffer = Buffer.allocUnsafeSlow(readBytes)
  const socket = net.connect({
    host: hostname,
    port: Number(upstreamPort),
    noDelay: true,
    onread: {
      buffer,
      callback: (bytesRead) => {
        take(lane, buffer.subarray(0, bytesRead))
        return true
      },
    },
  })
  const lane: Lane = { socket, exchange: undefined, pending: undefined }
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    const at = idle.indexOf(lane)
    if (at >= 0) idle.splice(at, 1)
    lane.exchange?.response.destroy()
  })
  return lane
}

function take(lane: Lane, chunk: Buffer): void {
  const { exchange } = lane
  if (!exchange) return void lane.socket.destroy()
  if (exchange.remaining !== undefined) return passOn(lane, exchange, chunk)

  const bytes = lane.pending ? Buffer.concat([lane.pending, chunk]) : chunk
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) {
    lane.pending = Buffer.from(bytes)
    return
  }
  lane.pending = undefined
  const head = bytes.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const lengthBytes = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? -1)
  const headers = copiedHeaders(head, lengthBytes)
  const body = bytes.subarray(headEnd + 4)
  if (lengthBytes >= 0 && body.length === lengthBytes) {
    exchange.response.writeHead(status, headers)
    exchange.response.end(ownBytes(body), 'latin1')
    return release(lane)
  }
  exchange.response.writeHead(status, headers)
  exchange.remaining = lengthBytes
  passOn(lane, exchange, body)
}

/** The read buffer is used again at once, so what is written later must be a copy. */
function ownBytes(body: Buffer): string | Buffer {
  return body.length < smallBytes ? body.toString('latin1') : Buffer.from(body)
}

function copiedHeaders(head: string, lengthBytes: number): Record<string, string | number> {
  const headers: Record<string, string | number> = {}
  const type = /\r\ncontent-type: *([^\r]+)/i.exec(head)?.[1]
  const session = /\r\nmcp-session-id: *([^\r]+)/i.exec(head)?.[1]
  if (type !== undefined) headers['Content-Type'] = type
  if (session !== undefined) headers['Mcp-Session-Id'] = session
  if (lengthBytes >= 0) headers['Content-Length'] = lengthBytes
  return headers
}

function passOn(lane: Lane, exchange: Exchange, bytes: Buffer): void {
  const remaining = exchange.remaining ?? 0
  if (remaining < 0) {
    // A chunked reply is a stream that stays open; its framing is not the subject here.
    return void exchange.response.destroy()
  }
  exchange.remaining = remaining - bytes.length
  const hasRoom = bytes.length === 0 || exchange.response.write(Buffer.from(bytes))
  if (exchange.remaining <= 0) {
    exchange.response.end()
    return release(lane)
  }
  if (hasRoom) return
  lane.socket.pause()
  exchange.response.once('drain', () => lane.socket.resume())
}

function release(lane: Lane): void {
  lane.exchange = undefined
  if (idle.length < idleLimit) idle.push(lane)
  else lane.socket.destroy()
}

function forward(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const session = request.headers['mcp-session-id']
  const version = request.headers['mcp-protocol-version']
  const head =
    `${request.method} ${request.url} HTTP/1.1\r\nHost: ${host}\r\n` +
    'Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n' +
    (session === undefined ? '' : `Mcp-Session-Id: ${String(session)}\r\n`) +
    (version === undefined ? '' : `MCP-Protocol-Version: ${String(version)}\r\n`) +
    `Content-Length: ${body.length}\r\n\r\n`
  const lane = takeLane()
  lane.exchange = { response, remaining: undefined }
  if (body.length < smallBytes) {
    lane.socket.write(head + body.toString('latin1'), 'latin1')
    return
  }
  lane.socket.cork()
  lane.socket.write(head, 'latin1')
  lane.socket.write(body)
  lane.socket.uncork()
}

const server = createServer({ noDelay: true }, (request, response) => {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const [first] = pieces
    forward(request, response, pieces.length === 1 && first ? first : Buffer.concat(pieces))
  })
})
server.listen(Number(port), '127.0.0.1')
