import { agentCloseCodes, FromAgent, streamFrames } from '../../contract/agents.ts'
import type { Offered, Welcome } from '../../contract/agents.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { MessageStream } from '../../core/routing/message-stream.ts'
import { matchesGlob } from '../../kit/glob.ts'
import { toUtf8 } from '../../wire/bytes.ts'
import { Multiplex } from '../../wire/multiplex.ts'
import type { Enrolled, HostServer } from './ports.ts'
import type { StreamOwner } from './stream.ts'
import { AgentStream } from './stream.ts'
import type { HubTiming } from './timing.ts'
import type { AgentWire, WireListener } from './wire.ts'

export interface SessionDeps {
  readonly host: HostServer
  readonly timing: HubTiming
  readonly now: () => number
  readonly limits: {
    readonly serversPerAgent: number
    readonly framesPerSecond: number
    readonly resumeMs: number
    readonly frameBytes: number
  }
  readonly onFault: (error: unknown) => void
  /** It is over: nobody comes back to it. */
  readonly ended: (session: AgentSession, reason: string) => void
  /** The agent did what the protocol does not allow. */
  readonly struck: (session: AgentSession, what: string) => void
  /** It offers a server that it is not enrolled for. */
  readonly notTaken: (session: AgentSession, server: string) => void
}

interface Hosting {
  readonly name: string
  readonly era: Offered['era']
  readonly end: () => void
}

const windowBytes = 1024 * 1024
const controlBytes = 1024 * 1024
const mostStrikes = 3
const sweepsPerAck = 5

/** An agent while it runs: what it offers and what is under way, over one connection after the other. */
export class AgentSession implements StreamOwner, WireListener {
  agent: Enrolled
  /** What the person at the agent calls it. */
  readonly displayName: string
  /** Who knows it may go on with this session. */
  readonly token: string
  readonly startedAt: number
  readonly multiplex: Multiplex
  endReason: string | undefined
  epoch = 0
  readonly #deps: SessionDeps
  readonly #streams = new Map<number, AgentStream>()
  readonly #hosted = new Map<string, Hosting>()
  #wire: AgentWire | undefined
  #nextStream = 1
  #strikes = 0
  #sweeps = 0
  #giveUpAt = 0

  constructor(
    agent: Enrolled,
    { displayName, token }: { readonly displayName: string; readonly token: string },
    deps: SessionDeps,
  ) {
    this.agent = agent
    this.displayName = displayName
    this.token = token
    this.#deps = deps
    this.startedAt = deps.now()
    this.multiplex = new Multiplex({
      windowBytes,
      acknowledge: (received) => this.#wire?.say({ type: 'ack', received }),
    })
  }

  /** The connection it has now; none while it waits for the agent to come back. */
  get wire(): AgentWire | undefined {
    return this.#wire
  }

  /** What its servers are called here. */
  get serverNames(): readonly string[] {
    return [...this.#hosted.values()].map(({ name }) => name)
  }

  /** Goes on over this connection; `arrived` is how much of ours the agent has of a session it goes on with. */
  attach(wire: AgentWire, epoch: number, arrived: number | undefined): void {
    this.#wire?.close(agentCloseCodes.superseded, 'a newer connection of this agent came')
    this.#wire = wire
    this.epoch = epoch
    const welcome: Welcome & { readonly type: 'welcome' } = {
      type: 'welcome',
      session: this.token,
      resumed: arrived !== undefined,
      received: this.multiplex.received,
      name: this.agent.shownName,
      frameBytes: this.#deps.limits.frameBytes,
    }
    wire.listen(this)
    wire.say(welcome)
    if (!this.multiplex.attach(wire, arrived ?? 0))
      this.end('its agent counts otherwise than the gateway', agentCloseCodes.protocol)
  }

  /** Takes a message of its connection; what comes late over an earlier one is not heard. */
  received(wire: AgentWire, message: Buffer, isBinary: boolean): void {
    if (wire !== this.#wire) return
    wire.counted(this.#deps.limits.framesPerSecond)
    try {
      if (isBinary) this.#arrived(message)
      else this.#told(message)
    } catch (error) {
      this.#deps.onFault(error)
      this.end('the gateway failed on what its agent sent', agentCloseCodes.protocol)
    }
  }

  /** The connection is gone. After an orderly end nobody is waited for. */
  detached(wire: AgentWire, isOrderly: boolean): void {
    if (wire !== this.#wire) return
    this.#wire = undefined
    this.multiplex.detach()
    if (isOrderly) return this.end('its agent left')
    const { resumeMs } = this.#deps.limits
    const { unknownMs } = this.#deps.timing
    this.#giveUpAt = Math.min(this.#deps.now() + resumeMs, wire.heardAt + unknownMs)
    if (this.#giveUpAt <= this.#deps.now()) this.end('the connection of its agent was lost')
  }

  /** Sending it again would not mend it. */
  broken(wire: AgentWire, problem: string): void {
    if (wire === this.#wire) this.end(`what its agent sent cannot be read: ${problem}`)
  }

  /** Called about once a second. */
  sweep(now: number): void {
    const wire = this.#wire
    if (!wire) {
      if (now >= this.#giveUpAt) this.end('the connection of its agent was lost')
      return
    }
    const { heartbeatMs, silentMs } = this.#deps.timing
    if (wire.look(now, heartbeatMs) >= silentMs) {
      wire.cut()
      return this.detached(wire, false)
    }
    // Of thousands each would be told of its few messages in a write of its own.
    if (++this.#sweeps % sweepsPerAck === 0) this.multiplex.acknowledge()
  }

  /** Its servers go, and who waits for an answer is told why there will be none. */
  end(reason: string, code?: number): void {
    if (this.endReason !== undefined) return
    this.endReason = reason
    const wire = this.#wire
    this.#wire = undefined
    this.multiplex.detach()
    for (const { end } of this.#hosted.values()) end()
    this.#hosted.clear()
    for (const stream of this.#streams.values()) stream.closed(reason)
    if (code !== undefined) wire?.close(code, reason)
    this.#deps.ended(this, reason)
  }

  /** So often, and it has to go. */
  strike(what: string): void {
    this.#deps.struck(this, what)
    if (++this.#strikes >= mostStrikes)
      this.end(`its agent broke the protocol: ${what}`, agentCloseCodes.protocol)
  }

  forget(stream: number): void {
    this.#streams.delete(stream)
  }

  #arrived(frame: Buffer): void {
    const arrived = this.multiplex.take(frame)
    if (!arrived) return this.strike('a frame without a head')
    // One that was closed here may still have had something to say.
    const stream = this.#streams.get(arrived.stream)
    if (arrived.kind === streamFrames.message) {
      if (stream) stream.onMessage(arrived.content)
      else if (arrived.stream === 0 || arrived.stream >= this.#nextStream)
        this.strike('a message on a stream that was never opened')
    } else if (arrived.kind === streamFrames.close)
      stream?.closed(arrived.content.toString('utf8', 0, 1000) || 'its agent closed it')
    else this.strike('a frame of an unknown kind')
  }

  #told(message: Buffer): void {
    const frame = message.length <= controlBytes ? controlIn(message) : undefined
    switch (frame?.type) {
      case 'offer':
        return this.#offered(frame.servers)
      case 'ack':
        if (!this.multiplex.arrived(frame.received)) this.strike('a count that cannot be')
        return
      case 'bye':
        return this.end(`its agent left${frame.reason ? `: ${frame.reason}` : ''}`, 1000)
      case undefined:
        return this.strike('a text that is no frame')
    }
  }

  #offered(servers: readonly Offered[]): void {
    const { serversPerAgent } = this.#deps.limits
    if (servers.length > serversPerAgent)
      return this.end(
        `its agent offers ${servers.length} servers; the limit is ${serversPerAgent}`,
        agentCloseCodes.protocol,
      )
    const taken = servers.filter((one) => this.#mayOffer(one))
    const wanted = new Map(taken.map((one) => [one.name, one]))
    for (const [server, { era, end }] of this.#hosted) {
      const one = wanted.get(server)
      if (one && one.era === era) continue
      this.#hosted.delete(server)
      end()
    }
    for (const server of taken) if (!this.#hosted.has(server.name)) this.#host(server)
  }

  /** It is enrolled for these; what else it has is no fault of its own. */
  #mayOffer({ name }: Offered): boolean {
    const { servers } = this.agent
    if (!servers || servers.some((pattern) => matchesGlob(pattern, name))) return true
    this.#deps.notTaken(this, name)
    return false
  }

  /** Its servers come back under another name; what is under way on them ends first. */
  rename(agent: Enrolled): void {
    if (agent.shownName === this.agent.shownName) return
    this.agent = agent
    const offered = [...this.#hosted].map(([name, { era }]) => ({ name, era }))
    for (const { end } of this.#hosted.values()) end()
    this.#hosted.clear()
    for (const one of offered) this.#host(one)
  }

  #host({ name: server, era }: Offered): void {
    const { id, shownName, label } = this.agent
    // A server of the configuration may have the name.
    for (const first of [shownName, `${shownName}-${id.slice(0, 6)}`]) {
      const name = `${first}.${server}`.slice(0, 64)
      const open = () => this.#open(server, name)
      const end = this.#deps.host({
        agent: id,
        server,
        name,
        label: `${label}.${server}`,
        era,
        open,
      })
      if (!end) continue
      this.#hosted.set(server, { name, era, end })
      return
    }
    this.strike(`a server "${server}" whose name is taken`)
  }

  #open(server: string, name: string): MessageStream {
    if (this.endReason !== undefined)
      throw new GatewayError('server_unreachable', { server: name, reason: this.endReason })
    const id = this.#nextStream++
    const stream = new AgentStream(id, this)
    this.#streams.set(id, stream)
    this.multiplex.send(streamFrames.open, id, toUtf8(server))
    return stream
  }
}

function controlIn(message: Buffer): FromAgent | undefined {
  try {
    return FromAgent.safeParse(JSON.parse(message.toString())).data
  } catch {
    // Whoever sent it is told by a strike.
    return undefined
  }
}
