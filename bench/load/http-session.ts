import { setTimeout as sleep } from 'node:timers/promises'

import { connectHttp, messageOf, type HttpConnection, type HttpReply } from './http-connection.ts'
import type { Era, Traffic } from './protocol.ts'
import { envelopeMeta, initializeRequest, protocolVersions } from './request.ts'
import { parse } from './verify.ts'

/** The head of a POST; `extra` are whole header lines. */
export function postHead(url: URL, lengthBytes: number, extra: string): string {
  return (
    `POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n` +
    'Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n' +
    `${extra}Content-Length: ${lengthBytes}\r\n\r\n`
  )
}

/** The header lines that every request of a session carries. */
export function sessionLines(era: Era, session: string | undefined): string {
  const id = session === undefined ? '' : `Mcp-Session-Id: ${session}\r\n`
  return `${id}MCP-Protocol-Version: ${protocolVersions[era]}\r\n`
}

/** What a modern request mirrors from its body. */
export function methodLines(era: Era, method: string, name: string): string {
  if (era === 'legacy') return ''
  return `Mcp-Method: ${method}\r\n${name === '' ? '' : `Mcp-Name: ${name}\r\n`}`
}

const ignore = (): void => undefined

export interface HttpClient {
  post(message: object, extra: string): Promise<HttpReply>
  close(): void
}

/** A client for setting up: one request after another on one connection. */
export async function openHttpClient(url: URL): Promise<HttpClient> {
  let onReply: (reply: HttpReply) => void = ignore
  let onFault: (reason: Error) => void = ignore
  const open = (): Promise<HttpConnection> =>
    connectHttp(url, {
      onReply: (reply) => onReply({ ...reply, body: Buffer.from(messageOf(reply)) }),
      onFault: (reason) => onFault(new Error(reason)),
    })
  let connection = await open()

  return {
    async post(message, extra) {
      if (!connection.isOpen()) connection = await open()
      const body = JSON.stringify(message)
      const replied = new Promise<HttpReply>((resolve, reject) => {
        onReply = resolve
        onFault = reject
      })
      connection.write(postHead(url, Buffer.byteLength(body), extra) + body)
      return replied
    },
    close: () => connection.close(),
  }
}

/** `initialize` and `initialized`; gives the session's id, if the server minted one. */
export async function openSession(client: HttpClient): Promise<string | undefined> {
  const reply = await client.post(initializeRequest, '')
  if (reply.status !== 200) {
    throw new Error(`initialize: HTTP ${reply.status} ${reply.body.toString('latin1', 0, 200)}`)
  }
  const session = /\r\nmcp-session-id: *([^\r]+)/i.exec(reply.head)?.[1]
  const notification = { jsonrpc: '2.0', method: 'notifications/initialized' }
  await client.post(notification, sessionLines('legacy', session))
  return session
}

/** Waits until the catalogue shows the tool to call, and gives its shown name. */
export async function findTool(
  client: HttpClient,
  { era, tool }: Traffic,
  session: string | undefined,
): Promise<string> {
  const deadline = performance.now() + 20_000
  const lines = sessionLines(era, session) + methodLines(era, 'tools/list', '')
  let cursor: string | undefined
  for (;;) {
    const params = { ...envelopeMeta(era), ...(cursor !== undefined && { cursor }) }
    const reply = await client.post({ jsonrpc: '2.0', id: 2, method: 'tools/list', params }, lines)
    const found = toolIn(reply.body, tool)
    if (found !== undefined) return found
    cursor = parse(reply.body.toString('utf8'))?.result?.nextCursor
    if (cursor !== undefined) continue
    if (performance.now() > deadline) {
      throw new Error(
        `no tool ${tool ?? '…echo'}: HTTP ${reply.status} ${reply.body.toString('latin1', 0, 200)}`,
      )
    }
    await sleep(100)
  }
}

/** The name of the wanted tool in a reply to `tools/list`. */
export function toolIn(body: Buffer, wanted: string | undefined): string | undefined {
  const tools = parse(body.toString('utf8'))?.result?.tools ?? []
  return tools.find(({ name }) => (wanted === undefined ? name.endsWith('echo') : name === wanted))
    ?.name
}
