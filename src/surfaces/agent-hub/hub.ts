import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'
import { agentCloseCodes } from '../../contract/agents.ts'
import type { Config } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Census } from '../../core/observe/census.ts'
import type { Log } from '../../core/observe/log.ts'
import type { UpgradeMatch, UpgradeRoute } from '../door/upgrade.ts'
import { Flapping } from './flapping.ts'
import { createGate } from './gate.ts'
import type { Enrolled, Enrolment, HostServer } from './ports.ts'
import type { Admitted } from './reception.ts'
import { createReception } from './reception.ts'
import { Seats } from './seats.ts'
import type { SessionDeps } from './session.ts'
import { AgentSession } from './session.ts'
import { createSimpleHub } from './simple.ts'
import type { SimpleAgent } from './simple-agent.ts'
import type { HubTiming } from './timing.ts'
import { standardTiming } from './timing.ts'
import { AgentWire } from './wire.ts'

export interface AgentHubDeps {
  readonly settings: Config['agents']
  /** The largest message. */
  readonly limitBytes: number
  readonly enrolment: Enrolment
  readonly host: HostServer
  /** Whether this is a name of ours. */
  readonly answersTo: (audience: string) => boolean
  readonly now: () => number
  readonly log: Log
  readonly census: Census
  readonly onFault: (error: unknown) => void
  readonly timing?: Partial<HubTiming>
}

/** Where agents dial in. */
export interface AgentHub extends AsyncDisposable {
  readonly upgrade: UpgradeRoute
  readonly sessions: Iterable<AgentSession>
  /** Those of the simple form. */
  readonly simple: Iterable<SimpleAgent>
  /** How many agents there are, those included that may come back. */
  readonly size: number
  /** Connections that have not said yet who they are. */
  readonly greeting: number
}

const path = '/agents'
const goneMs = 500

export function createAgentHub(deps: AgentHubDeps): AgentHub {
  const { settings, enrolment, log, now, onFault } = deps
  const timing = { ...standardTiming, ...deps.timing }
  const seats = new Seats<AgentSession>()
  const flapping = new Flapping()
  const gate = createGate(settings)
  const simple = createSimpleHub({ ...deps, gate, timing })
  const reception = createReception({ ...deps, ...timing, gate, admitted: seat })
  let isClosing = false
  let enrolmentVersion = enrolment.version
  const sessionDeps: SessionDeps = {
    host: deps.host,
    timing,
    now,
    onFault,
    limits: { ...settings, frameBytes: deps.limitBytes },
    ended(session, reason) {
      seats.leave(session.agent.id, session.epoch)
      log.info('agent_left', { ...factsOf(session.agent), reason })
    },
    struck: (session, what) => log.warn('agent_misbehaved', { ...factsOf(session.agent), what }),
    notTaken: (session, server) =>
      log.warn('agent_server_refused', {
        ...factsOf(session.agent),
        server,
        reason: 'its agent is not enrolled for it',
      }),
  }
  const counted = [
    deps.census.add({ name: 'agents', count: () => seats.size + simple.size }),
    deps.census.add({ name: 'agent_handshakes', count: () => gate.inside }),
  ]
  const sweeping = setInterval(() => {
    const at = now()
    for (const session of seats) session.sweep(at)
    followEnrolment()
    flapping.sweep(at)
    simple.sweep(at)
  }, timing.sweepMs).unref()

  /** Who was let in, or thrown out, changes what others are called. */
  function followEnrolment(): void {
    const { version } = enrolment
    if (version === enrolmentVersion) return
    enrolmentVersion = version
    for (const session of seats) {
      const agent = enrolment.known(session.agent.id)
      if (agent) session.rename(agent)
      else session.end('its agent was thrown out', agentCloseCodes.forbidden)
    }
  }

  function upgrade(match: UpgradeMatch): boolean {
    if (isClosing) throw new GatewayError('stopping', undefined)
    if (match.path !== path) return simple.upgrade(match)
    if (!settings.enabled) return false
    reception.receive(match, seats.size)
    return true
  }

  function seat({ webSocket, socket, hello, agent }: Admitted): void {
    if (isClosing) return webSocket.close(agentCloseCodes.goingAway)
    const heldMs = flapping.heldMs(agent.id, now())
    if (heldMs > 0)
      return webSocket.close(agentCloseCodes.held, `held for ${Math.ceil(heldMs / 1000)} s`)
    const before = seats.at(agent.id)
    const isResumed = before !== undefined && before.token === hello.resume?.session
    if (before && !isResumed && !supersede(before)) return hold(webSocket)
    const session = isResumed ? before : createSession(agent, hello.name)
    const { epoch } = seats.take(agent.id, session)
    const wire = new AgentWire(webSocket, socket, now())
    log.info('agent_joined', {
      ...factsOf(agent),
      address: wire.address,
      epoch,
      resumed: isResumed,
    })
    session.attach(wire, epoch, isResumed ? hello.resume?.received : undefined)
  }

  /** False when that happens so often that both are to be held. */
  function supersede(before: AgentSession): boolean {
    before.end('a newer connection of its agent took its place', agentCloseCodes.superseded)
    if (!flapping.superseded(before.agent.id, now())) return true
    log.warn('agent_flapping', {
      ...factsOf(before.agent),
      remedy: 'Its key may be in use on two machines: revoke it and enrol the right one anew.',
    })
    return false
  }

  function createSession(agent: Enrolled, displayName: string): AgentSession {
    return new AgentSession(
      agent,
      { displayName, token: randomBytes(32).toString('base64url') },
      sessionDeps,
    )
  }

  return {
    upgrade,
    sessions: seats,
    simple: simple.agents,
    get size() {
      return seats.size + simple.size
    },
    get greeting() {
      return gate.inside
    },
    async [Symbol.asyncDispose]() {
      isClosing = true
      clearInterval(sweeping)
      simple[Symbol.dispose]()
      for (const session of seats)
        session.end('the gateway is going away', agentCloseCodes.goingAway)
      await closeAll(reception.open)
      for (const one of counted) one[Symbol.dispose]()
    },
  }
}

async function closeAll(open: ReadonlySet<WebSocket>): Promise<void> {
  for (const webSocket of open) webSocket.close(agentCloseCodes.goingAway)
  const cut = setTimeout(() => {
    for (const webSocket of open) webSocket.terminate()
  }, goneMs)
  await Promise.all(
    [...open].map((webSocket) => new Promise((resolve) => webSocket.once('close', resolve))),
  )
  clearTimeout(cut)
}

function hold(webSocket: WebSocket): void {
  webSocket.close(agentCloseCodes.held, 'its key is used in two places at once')
}

function factsOf({ id, name }: Enrolled) {
  return { agent: id, name }
}
