import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import {
  agentProtocol,
  agentScheme,
  agentSubprotocol,
  Challenge,
  Welcome,
} from '../../contract/agents.ts'
import type { AgentKey } from './key.ts'
import type { AgentSession, HubSocket } from './session.ts'

export interface DialOptions {
  readonly address: URL
  readonly key: AgentKey
  /** What the gateway's operator calls this agent in a first moment; shown, and nothing else. */
  readonly displayName: string
  readonly session: AgentSession
  /** Shown instead of the key's id, to be enrolled. */
  readonly token: string | undefined
  readonly limitBytes: number
  readonly welcomed: (welcome: Welcome) => void
  readonly signal: AbortSignal
}

/** How a connection ended. */
export interface Ending {
  /** As in WebSocket; 0 when there never was one. */
  readonly code: number
  /** The status of an HTTP answer that was no upgrade. */
  readonly status: number | undefined
  /** When a gateway that is there wants to be dialled again. */
  readonly retryAfterMs: number | undefined
  readonly reason: string
}

const handshakeMs = 10_000
const heartbeatMs = 15_000
const silentMs = 20_000
const sweepMs = 1000
const partingMs = 2000

/** Dials once, and serves the gateway until the connection ends. */
export function dial(options: DialOptions): Promise<Ending> {
  const { address, key, session, token, signal } = options
  const webSocket = new WebSocket(address, agentSubprotocol, {
    headers: {
      Authorization: token === undefined ? `${agentScheme} ${key.id}` : `Bearer ${token}`,
    },
    perMessageDeflate: false,
    maxPayload: options.limitBytes,
    handshakeTimeout: handshakeMs,
  })
  const { promise, resolve } = Promise.withResolvers<Ending>()
  let socket: Socket | undefined
  let problem = ''
  let status: number | undefined
  let retryAfterMs: number | undefined
  let isWelcome = false
  const hub: HubSocket = {
    send: (frame) => webSocket.send(frame, ignore),
    say: (frame) => webSocket.send(frame, ignore),
  }
  const watching = watch(webSocket, () => socket, session)
  const leave = () => {
    hub.say(JSON.stringify({ type: 'bye' }))
    webSocket.close(1000)
    setTimeout(() => webSocket.terminate(), partingMs).unref()
  }
  const stop = () => (webSocket.readyState === WebSocket.OPEN ? leave() : webSocket.terminate())
  const broken = (what: string) => {
    problem = what
    webSocket.close(4400, what)
  }

  function greeted(text: string): void {
    if (isWelcome) return broken('it broke the protocol')
    const frame: unknown = parsed(text)
    const challenge = Challenge.safeParse(frame).data
    if (challenge) return answer(challenge.nonce)
    const welcome = Welcome.safeParse(frame).data
    if (!welcome) return broken('it is no gateway of this version')
    isWelcome = true
    if (!session.welcomed(hub, welcome)) return broken('it counts otherwise than we do')
    options.welcomed(welcome)
  }

  function answer(nonce: string): void {
    const { id, publicKey } = key
    const { host: audience } = address
    const { resume } = session
    const hello = {
      type: 'hello',
      protocol: agentProtocol,
      id,
      key: publicKey,
      signature: key.sign({ nonce, audience }),
      audience,
      name: options.displayName,
      ...(resume && { resume }),
    }
    hub.say(JSON.stringify(hello))
  }

  webSocket.on('upgrade', (response) => (socket = response.socket))
  webSocket.on('unexpected-response', (_request, response) => {
    status = response.statusCode
    retryAfterMs = retryAfterIn(response.headers['retry-after'])
    problem = `it answered with HTTP ${status}`
    response.resume()
    webSocket.terminate()
  })
  webSocket.on('error', (error) => (problem ||= error.message))
  webSocket.on('message', (message: Buffer, isBinary: boolean) => {
    if (!isWelcome) return isBinary ? broken('it broke the protocol') : greeted(message.toString())
    const isFine = isBinary ? session.arrived(message) : session.told(message)
    if (!isFine) broken('it broke the protocol')
  })
  webSocket.once('close', (code, reason) => {
    clearInterval(watching)
    signal.removeEventListener('abort', stop)
    session.lost()
    resolve({
      code: isWelcome || code >= 4000 ? code : 0,
      status,
      retryAfterMs,
      reason: problem || reason.toString() || 'the connection was lost',
    })
  })
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  return promise
}

/** Asks for signs of life, and ends a connection that gives none. */
function watch(
  webSocket: WebSocket,
  socket: () => Socket | undefined,
  session: AgentSession,
): NodeJS.Timeout {
  let seenBytes = 0
  let heardAt = performance.now()
  let pingedAt = heardAt
  return setInterval(() => {
    const now = performance.now()
    const bytes = socket()?.bytesRead ?? 0
    if (bytes !== seenBytes) {
      seenBytes = bytes
      heardAt = now
    }
    session.sweep()
    if (now - heardAt >= silentMs) return webSocket.terminate()
    if (now - pingedAt < heartbeatMs || webSocket.readyState !== WebSocket.OPEN) return
    pingedAt = now
    webSocket.ping(undefined, undefined, ignore)
  }, sweepMs)
}

/** Dates are not taken: no gateway of ours writes them. */
function retryAfterIn(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header) ? 1000 * Number(header) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema says that it is no frame.
    return undefined
  }
}

/** What could not be written is told by the end of the connection. */
function ignore(): void {}
