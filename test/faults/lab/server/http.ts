import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

import { readHeard } from './heard.ts'
import type { Heard } from './heard.ts'
import { createHttpOutlet } from './http-outlet.ts'
import { createStreams } from './streams.ts'
import type { Streams } from './streams.ts'
import type { Manners } from './manners.ts'
import type { Transport } from './outlet.ts'
import { receive } from './receive.ts'
import type { World } from './world.ts'

interface Served {
  readonly world: World
  readonly sessions: Set<string>
  readonly channels: Transport['channels']
  readonly streams: Streams
}

/** Serves Streamable HTTP at `/mcp`; says on stderr which port it is. */
export function serveHttp(world: World, port: number): Transport {
  const served: Served = {
    world,
    sessions: new Set(),
    channels: new Set(),
    streams: createStreams(),
  }
  const server = createServer((request, response) => {
    response.on('error', () => undefined)
    void serve(request, response, served).catch(() => response.destroy())
  })
  // A server that ends idle connections early would be a fault that nobody asked for.
  server.keepAliveTimeout = 120_000
  server.listen(port, '127.0.0.1', () => {
    const address = server.address()
    if (typeof address === 'object') process.stderr.write(`listening on port ${address?.port}\n`)
  })
  return {
    channels: served.channels,
    closePipe: () => server.closeAllConnections(),
    forgetSessions: () => served.sessions.clear(),
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
): Promise<void> {
  const manners = served.world.manners.now()
  const session = String(request.headers['mcp-session-id'] ?? '')
  if (request.method === 'GET') return openChannel(request, response, served)
  if (request.method === 'DELETE') {
    const status = manners.era === 'modern' ? 405 : served.sessions.delete(session) ? 200 : 404
    return void response.writeHead(status).end()
  }
  const body = await text(request)
  const heard = readHeard(body, request.headers)
  if (!heard) return refuse(response, 400, '{"code":-32700,"message":"Parse error"}')

  const problem = headRefusal(heard, manners, served.sessions.has(session))
  if (problem) return refuse(response, problem.status, problem.error)
  if (heard.method === 'initialize' && manners.sessions !== false)
    response.setHeader('mcp-session-id', openSession(served))
  if (heard.id === undefined || heard.method === undefined) response.writeHead(202).end()
  receive(heard, body, served.world, createHttpOutlet(response, manners, served.streams))
}

function openSession({ sessions }: Served): string {
  const id = randomUUID()
  sessions.add(id)
  return id
}

interface Refusal {
  readonly status: number
  readonly error: string
}

/** What the era of the server says before anybody looks at the method. */
function headRefusal(
  { isModern, method, headers }: Heard,
  { era = 'both', sessions: hasSessions = true }: Manners,
  isOpen: boolean,
): Refusal | undefined {
  if (isModern && era !== 'legacy') return undefined
  if (era === 'modern') return { status: 400, error: unsupported }
  if (method === 'initialize' || !hasSessions || isOpen) return undefined
  return headers['mcp-session-id'] === undefined
    ? { status: 400, error: '{"code":-32000,"message":"Bad Request: Mcp-Session-Id is required"}' }
    : { status: 404, error: '{"code":-32001,"message":"Session not found"}' }
}

const unsupported =
  '{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["2026-07-28"],"requested":"2025-11-25"}}'

function refuse(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`{"jsonrpc":"2.0","id":null,"error":${error}}`)
}

/** The stream of a legacy session: for what nobody asked for, or for the rest of one that broke. */
function openChannel(request: IncomingMessage, response: ServerResponse, served: Served): void {
  const { channels, sessions, streams, world } = served
  const manners = world.manners.now()
  const session = request.headers['mcp-session-id']
  if (manners.era === 'modern') return void response.writeHead(405, { allow: 'POST' }).end()
  if (manners.sessions !== false && !sessions.has(String(session)))
    return refuse(response, 404, '{"code":-32001,"message":"Session not found"}')

  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  const last = request.headers['last-event-id']
  const fromBeginning = manners.eventIds === 'repeated'
  if (last !== undefined) return streams.resume(String(last), response, { fromBeginning })
  const write = (message: string): void => void response.write(`data: ${message}\n\n`)
  channels.add(write)
  response.once('close', () => channels.delete(write))
}
