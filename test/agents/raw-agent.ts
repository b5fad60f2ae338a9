import type { KeyObject } from 'node:crypto'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { agentSubprotocol, signedText, streamFrames } from '../../src/contract/agents.ts'

/** The key of an agent, as the protocol describes it and without the program's own code. */
export interface RawKey {
  readonly id: string
  readonly publicKey: string
  readonly privateKey: KeyObject
}

export function createRawKey(): RawKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const id = createHash('sha256').update(raw).digest('hex').slice(0, 32)
  return { id, publicKey: raw.toString('base64url'), privateKey }
}

export interface RawTool {
  readonly name: string
  readonly description?: string
  /** Its answer, as text; never answered when it gives nothing. */
  readonly run?: (args: Readonly<Record<string, unknown>>) => string | undefined
}

export interface RawAgentOptions {
  readonly port: number
  readonly key: RawKey
  readonly token?: string
  readonly servers?: Readonly<Record<string, readonly RawTool[]>>
  /** Where it dials, when that is a way that leads to the port. */
  readonly dialPort?: number
  /** The address it comes from. */
  readonly localAddress?: string
  /** The one whose session it goes on with. */
  readonly before?: RawAgent
  readonly resume?: { readonly session: string; readonly received: number }
  /** Changes the hello before it is sent. */
  readonly tamper?: (hello: Record<string, unknown>) => object
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
  /** Says of each message that it has arrived. */
  readonly acknowledges?: boolean
  /** Answers no sign of life. */
  readonly isDeaf?: boolean
}

/** An agent made of as little as possible: every step can be done wrong by a test. */
export interface RawAgent {
  readonly key: RawKey
  readonly webSocket: WebSocket
  readonly frames: readonly Readonly<Record<string, unknown>>[]
  /** Binary messages that were ever sent in this session. */
  readonly sent: readonly Buffer[]
  /** Binary messages that came. */
  readonly received: number
  readonly session: string
  readonly calls: number
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  say(frame: object): void
  sendOn(stream: number, message: object | string): void
  offer(servers: readonly string[]): void
  /** The streams that are open now, by number, with the name of their server. */
  readonly streams: ReadonlyMap<number, string>
  /** Told each request that comes. */
  onRequest: (stream: number, request: RawRequest) => void
}

export interface RawRequest {
  readonly id: number
  readonly method: string
}

export class RefusedError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`HTTP ${status}`)
    this.status = status
  }
}

/** Dials in; resolves with the agent once it is welcome, rejects when it is refused. */
export async function dialRaw(options: RawAgentOptions): Promise<RawAgent> {
  const agent = startRaw(options)
  const end = agent.closed.then(({ code, reason }) =>
    Promise.reject(Object.assign(new Error(`closed with ${code}: ${reason}`), { code })),
  )
  end.catch(() => undefined)
  await Promise.race([agent.welcome, end])
  return agent
}

/** Dials, and gives the agent at once. */
export function startRaw(options: RawAgentOptions): RawAgent & { readonly welcome: Promise<void> } {
  const { port, key, token, servers = {}, path = '/agents' } = options
  const host = `127.0.0.1:${port}`
  const authorization = token === undefined ? `Agent ${key.id}` : `Bearer ${token}`
  const webSocket = new WebSocket(
    `ws://127.0.0.1:${options.dialPort ?? port}${path}`,
    agentSubprotocol,
    {
      headers: { Host: host, Authorization: authorization, ...options.headers },
      perMessageDeflate: false,
      autoPong: !options.isDeaf,
      ...(options.localAddress && { localAddress: options.localAddress }),
    },
  )
  const frames: Record<string, unknown>[] = []
  let sent: Buffer[] = [...(options.before?.sent ?? [])]
  const streams = new Map<number, string>(options.before?.streams)
  const welcome = Promise.withResolvers<void>()
  welcome.promise.catch(() => undefined)
  let received = options.resume?.received ?? 0
  let session = ''
  let calls = 0

  const say = (frame: object) => webSocket.send(JSON.stringify(frame))
  const send = (kind: number, stream: number, content: string) => {
    const head = Buffer.alloc(5)
    head.writeUInt8(kind, 0)
    head.writeUInt32BE(stream, 1)
    const frame = Buffer.concat([head, Buffer.from(content)])
    sent.push(frame)
    webSocket.send(frame)
  }
  const sendOn = (stream: number, message: object | string) =>
    send(
      streamFrames.message,
      stream,
      typeof message === 'string' ? message : JSON.stringify(message),
    )
  const offer = (names: readonly string[]) =>
    say({ type: 'offer', servers: names.map((name) => ({ name, era: 'modern' })) })

  function hello(nonce: string): void {
    const signed = signedText({ nonce, audience: host, id: key.id })
    const frame = {
      type: 'hello',
      protocol: 1,
      id: key.id,
      key: key.publicKey,
      signature: sign(undefined, Buffer.from(signed), key.privateKey).toString('base64url'),
      audience: host,
      name: 'a raw agent',
      ...(options.resume && { resume: options.resume }),
    }
    say(options.tamper?.(frame) ?? frame)
  }

  function asked(stream: number, text: string): void {
    const request = JSON.parse(text)
    if (request.id === undefined) return
    agent.onRequest(stream, request)
    const answer = (result: object) => sendOn(stream, { jsonrpc: '2.0', id: request.id, result })
    const tools = servers[streams.get(stream) ?? ''] ?? []
    switch (request.method) {
      case 'server/discover':
        return answer({
          resultType: 'complete',
          supportedVersions: ['2026-07-28'],
          capabilities: { tools: {} },
          ttlMs: 0,
          cacheScope: 'private',
        })
      case 'tools/list':
        return answer({
          resultType: 'complete',
          tools: tools.map(({ name, description }) => ({
            name,
            description,
            inputSchema: { type: 'object' },
          })),
          ttlMs: 0,
          cacheScope: 'private',
        })
      case 'tools/call': {
        calls++
        const tool = tools.find(({ name }) => name === request.params.name)
        const said = tool?.run?.(request.params.arguments ?? {})
        if (said !== undefined)
          answer({ resultType: 'complete', content: [{ type: 'text', text: said }] })
        return
      }
      default:
    }
  }

  webSocket.on('message', (data: Buffer, isBinary: boolean) => {
    if (!isBinary) {
      const frame = JSON.parse(data.toString())
      frames.push(frame)
      if (frame.type === 'challenge') hello(frame.nonce)
      if (frame.type === 'welcome') {
        session = frame.session
        if (frame.resumed) for (const one of sent.slice(frame.received)) webSocket.send(one)
        else {
          received = 0
          sent = []
        }
        offer(Object.keys(servers))
        welcome.resolve()
      }
      return
    }
    received++
    if (options.acknowledges) say({ type: 'ack', received })
    const stream = data.readUInt32BE(1)
    const content = data.toString('utf8', 5)
    if (data[0] === streamFrames.open) streams.set(stream, content)
    else if (data[0] === streamFrames.close) streams.delete(stream)
    else asked(stream, content)
  })
  webSocket.on('unexpected-response', (_request, response) => {
    welcome.reject(new RefusedError(response.statusCode ?? 0))
    response.resume()
    webSocket.terminate()
  })
  webSocket.on('error', (error) => welcome.reject(error))
  const closed = once(webSocket, 'close').then(([code, reason]) => ({
    code: Number(code),
    reason: String(reason),
  }))

  const agent: RawAgent & { readonly welcome: Promise<void> } = {
    onRequest() {},
    key,
    webSocket,
    frames,
    get sent() {
      return sent
    },
    streams,
    closed,
    welcome: welcome.promise,
    get received() {
      return received
    },
    get session() {
      return session
    },
    get calls() {
      return calls
    },
    say,
    sendOn,
    offer,
  }
  return agent
}

/** One that the operator let in. */
export async function enrolledRaw(
  bed: {
    readonly port: number
    readonly book: { issue(name: string, ms: number): { token: string } }
  },
  name: string,
  servers: RawAgentOptions['servers'],
): Promise<RawAgent> {
  const key = createRawKey()
  const { token } = bed.book.issue(name, 60_000)
  return dialRaw({ port: bed.port, key, token, ...(servers && { servers }) })
}
