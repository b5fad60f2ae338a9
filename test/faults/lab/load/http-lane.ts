import { connectHttp, type HttpConnection } from '../../../../bench/load/http-connection.ts'
import { withPatience, type Lane } from './lane.ts'
import {
  endedBy,
  lostBy,
  readHeard,
  requestText,
  shownName,
  type Ended,
  type Heard,
  type PlannedCall,
} from './message.ts'
import type { Era } from './plan.ts'

export interface HttpLaneOptions {
  readonly url: string
  readonly era: Era
  readonly patienceMs: number
}

/** A caller over HTTP on one kept connection; of the legacy era, in a session that it opens again when it is lost. */
export function createHttpLane({ url: address, era, patienceMs }: HttpLaneOptions): Lane {
  const url = new URL(address)
  const channel = createHttpChannel(url, patienceMs)
  let session: string | undefined
  let id = 0

  const openSession = async (): Promise<void> => {
    const greeted = await channel.send(initialize, '')
    if (typeof greeted !== 'object') return
    session = /\r\nmcp-session-id: *([^\r]+)/i.exec(greeted.head)?.[1]
    const initialized = '{"jsonrpc":"2.0","method":"notifications/initialized"}'
    await channel.send(initialized, sessionLine(session))
  }

  return {
    transport: `http-${era}`,
    era,
    async call(call) {
      if (era === 'legacy' && session === undefined) await openSession()
      id += 1
      const lines = era === 'legacy' ? sessionLine(session) : modernLines(call)
      const read = await channel.send(requestText(id, call, era), lines)
      if (read === undefined) return undefined
      if (typeof read === 'string') return lostBy(read)
      if (read.status === 404) session = undefined
      return endedIn(read, id)
    },
    async [Symbol.asyncDispose]() {
      channel.drop()
    },
  }
}

/** A reply as text: its bytes are only there while it is handed over. */
interface Read {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** One request after another on a connection that is opened again when it broke. */
interface HttpChannel {
  /** The reply, or why there will be none, or undefined when nobody wants to wait any longer. */
  send(body: string, lines: string): Promise<Read | string | undefined>
  drop(): void
}

function createHttpChannel(url: URL, patienceMs: number): HttpChannel {
  let connection: HttpConnection | undefined
  let settle: ((read: Read | string) => void) | undefined

  const done = (read: Read | string): void => {
    const waiting = settle
    settle = undefined
    waiting?.(read)
  }
  const drop = (): void => {
    connection?.reset()
    connection = undefined
  }
  const open = (): Promise<HttpConnection> =>
    connectHttp(url, {
      onReply: ({ status, head, body }) => done({ status, head, body: body.toString('utf8') }),
      onFault: (reason) => done(reason),
    })
  return {
    drop,
    async send(body, lines) {
      try {
        if (!connection?.isOpen()) connection = await open()
      } catch (error) {
        return String(error)
      }
      const { promise, resolve } = Promise.withResolvers<Read | string>()
      settle = resolve
      connection.write(Buffer.from(`${headOf(url, Buffer.byteLength(body), lines)}${body}`))
      const read = await withPatience(promise, patienceMs)
      if (typeof read !== 'object') drop()
      return read
    },
  }
}

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'load', version: '1' },
  },
})

function headOf(url: URL, lengthBytes: number, lines: string): string {
  return (
    `POST ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/json\r\n` +
    `Accept: application/json, text/event-stream\r\n${lines}Content-Length: ${lengthBytes}\r\n\r\n`
  )
}

function sessionLine(session: string | undefined): string {
  const id = session === undefined ? '' : `Mcp-Session-Id: ${session}\r\n`
  return `${id}MCP-Protocol-Version: 2025-11-25\r\n`
}

function modernLines(call: PlannedCall): string {
  const name = call.method === 'tools/call' ? `Mcp-Name: ${shownName(call)}\r\n` : ''
  return `MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: ${call.method}\r\n${name}`
}

/** Every answer in the reply counts, and one under another id is nobody's. */
function endedIn({ status, head, body }: Read, id: number): Ended {
  const texts = /content-type: *text\/event-stream/i.test(head)
    ? body.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : []))
    : [body]
  const answers = texts.filter((text) => text !== '').map(readHeard)
  const own = answers.filter((answer: Heard) => isAnswer(answer) && belongs(answer, id))
  return own.length > 0 ? endedBy(own) : lostBy(`HTTP ${status} without an answer`)
}

function isAnswer(heard: Heard): boolean {
  return heard.result !== undefined || heard.error !== undefined
}

/** What is refused before it is read is answered without an id. */
function belongs({ id, error }: Heard, asked: number): boolean {
  return id === asked || (id === null && error !== undefined)
}
