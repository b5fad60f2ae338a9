import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { agentCloseCodes } from '../../contract/agents.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { MessageStream } from '../../core/routing/message-stream.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { Payload } from '../../wire/bytes.ts'
import { toBuffer, toJson } from '../../wire/bytes.ts'
import type { HostServer } from './ports.ts'
import type { HubTiming } from './timing.ts'
import { AgentWire } from './wire.ts'

export interface SimpleAgentDeps {
  readonly id: string
  readonly socket: Socket
  readonly now: () => number
  readonly host: HostServer
  readonly framesPerSecond: number
  readonly struck: (what: string) => void
  readonly ended: (reason: string) => void
}

const mostStrikes = 3
const longestPing = 300

/** One server that dialled in: its connection is the one conversation there is. */
export class SimpleAgent implements MessageStream {
  onMessage: (bytes: Buffer) => void = () => {}
  onEnd: (reason: string, unsent: readonly number[]) => void = () => {}
  readonly id: string
  readonly startedAt: number
  readonly #deps: SimpleAgentDeps
  readonly #webSocket: WebSocket
  readonly #wire: AgentWire
  #unhost: (() => void) | undefined
  #strikes = 0
  #isOver = false

  constructor(webSocket: WebSocket, deps: SimpleAgentDeps) {
    this.id = deps.id
    this.#deps = deps
    this.#webSocket = webSocket
    this.startedAt = deps.now()
    this.#wire = new AgentWire(webSocket, deps.socket, this.startedAt)
    webSocket.on('message', (message: Buffer) => this.#received(message))
    webSocket.once('close', () => this.end('its connection ended'))
  }

  get address(): string {
    return this.#wire.address
  }

  /** What waits in its socket. */
  get waitingBytes(): number {
    return this.#webSocket.bufferedAmount
  }

  /** Makes it a server of the gateway. */
  begin(): void {
    const { id } = this
    const open = () => {
      if (!this.#isOver) return this
      throw new GatewayError('server_unreachable', { server: id, reason: 'its connection ended' })
    }
    this.#unhost = this.#deps.host({
      agent: id,
      server: id,
      name: id,
      label: id,
      era: 'legacy',
      open,
      isSimple: true,
    })
    if (!this.#unhost) this.end(`a server is called "${id}" already`, agentCloseCodes.forbidden)
  }

  send(payload: Payload): void {
    // Plain JSON goes as text.
    this.#webSocket.send(toBuffer(payload).toString(), () => undefined)
  }

  strike(what: string): void {
    this.#deps.struck(what)
    if (++this.#strikes >= mostStrikes)
      this.end(`it broke the protocol: ${what}`, agentCloseCodes.protocol)
  }

  close(reason: string): void {
    this.end(reason, 1000)
  }

  sweep(now: number, { heartbeatMs, silentMs }: HubTiming): void {
    if (this.#wire.look(now, heartbeatMs) < silentMs) return
    this.#wire.cut()
    this.end('nothing came from it any more')
  }

  end(reason: string, code?: number): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#unhost?.()
    this.onEnd(reason, [])
    if (code !== undefined) this.#wire.close(code, reason)
    this.#deps.ended(reason)
  }

  #received(message: Buffer): void {
    if (this.#isOver) return
    this.#wire.counted(this.#deps.framesPerSecond)
    const pong = message.length <= longestPing ? pongFor(message) : undefined
    if (pong === undefined) this.onMessage(message)
    else this.send(pong)
  }
}

/** The answer to a sign of life, in either of the two forms these agents use; undefined for anything else. */
function pongFor(message: Buffer): string | undefined {
  if (!message.includes('"ping"')) return undefined
  try {
    const said: unknown = JSON.parse(message.toString())
    if (!isRecord(said)) return undefined
    if (said['type'] === 'ping') return '{"type":"pong"}'
    if (said['method'] !== 'ping') return undefined
    return `{"jsonrpc":"2.0","id":${toJson(said['id'] ?? null)},"result":"pong"}`
  } catch {
    // What cannot be read is told apart by whoever reads messages.
    return undefined
  }
}
