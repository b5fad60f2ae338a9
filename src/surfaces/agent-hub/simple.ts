import { createHash, timingSafeEqual } from 'node:crypto'
import type { WebSocket } from 'ws'
import { agentCloseCodes } from '../../contract/agents.ts'
import type { Config } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Log } from '../../core/observe/log.ts'
import type { UpgradeMatch, UpgradeRoute } from '../door/upgrade.ts'
import { createAcceptor } from './acceptor.ts'
import { Flapping } from './flapping.ts'
import type { Gate } from './gate.ts'
import type { HostServer } from './ports.ts'
import { Seats } from './seats.ts'
import { SimpleAgent } from './simple-agent.ts'
import type { HubTiming } from './timing.ts'

export interface SimpleHubDeps {
  readonly settings: Config['agents']
  readonly limitBytes: number
  readonly gate: Gate
  readonly host: HostServer
  readonly timing: HubTiming
  readonly now: () => number
  readonly log: Log
  readonly onFault: (error: unknown) => void
}

/** Agents without enrolment: each is one server that speaks plain MCP in text messages at an address of its own. */
export interface SimpleHub extends Disposable {
  readonly upgrade: UpgradeRoute
  readonly agents: Iterable<SimpleAgent>
  readonly size: number
  sweep(now: number): void
}

const addressPattern = /^\/agents\/(?<id>[^/]{1,200})$/
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/

export function createSimpleHub(deps: SimpleHubDeps): SimpleHub {
  const { settings, log, now } = deps
  const seats = new Seats<SimpleAgent>()
  const flapping = new Flapping()
  const accept = createAcceptor(deps.limitBytes, 'mcp')
  const key = settings.simple ? settings.simpleKey : undefined

  function check(id: string, authorization: string | undefined): void {
    const [, shown = ''] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
    if (key === undefined || !isSame(shown, key))
      throw new GatewayError('agent_refused', {
        reason: 'its key is not the one of `agents.simpleKey`',
      })
    if (!namePattern.test(id))
      throw new GatewayError('request_invalid', {
        problem: `"${id}" cannot be the name of an agent: use letters, digits, "_", "." or "-"`,
      })
    const heldMs = flapping.heldMs(id, now())
    if (heldMs > 0)
      throw new GatewayError('overloaded', {
        reason: `the name "${id}" is used in two places at once`,
        retryAfterMs: heldMs,
      })
  }

  function upgrade(match: UpgradeMatch): boolean {
    const id = decoded(addressPattern.exec(match.path)?.groups?.['id'])
    if (id === undefined || key === undefined) return false
    const place = deps.gate.enter(match, seats.size)
    try {
      check(id, match.headers.authorization)
    } catch (error) {
      place.leave()
      throw error
    }
    match.release()
    accept(match).then(
      (webSocket) => {
        place.leave()
        if (webSocket) seat(id, webSocket, match)
      },
      (error: unknown) => {
        place.leave()
        deps.onFault(error)
      },
    )
    return true
  }

  function seat(id: string, webSocket: WebSocket, { request }: UpgradeMatch): void {
    webSocket.on('error', () => webSocket.terminate())
    const before = seats.at(id)
    before?.end('a newer connection of this agent took its place', agentCloseCodes.superseded)
    if (before && flapping.superseded(id, now())) {
      log.warn('agent_flapping', { agent: id, remedy: 'Give each agent a name of its own.' })
      return webSocket.close(agentCloseCodes.held, 'this name is used in two places at once')
    }
    const agent: SimpleAgent = new SimpleAgent(webSocket, {
      id,
      socket: request.socket,
      now,
      host: deps.host,
      framesPerSecond: settings.framesPerSecond,
      struck: (what) => log.warn('agent_misbehaved', { agent: id, what }),
      ended(reason) {
        seats.leave(id, epoch)
        log.info('agent_left', { agent: id, reason })
      },
    })
    const { epoch } = seats.take(id, agent)
    log.info('agent_joined', { agent: id, address: request.socket.remoteAddress, form: 'simple' })
    agent.begin()
  }

  return {
    upgrade,
    agents: seats,
    get size() {
      return seats.size
    },
    sweep(at) {
      flapping.sweep(at)
      for (const agent of seats) agent.sweep(at, deps.timing)
    },
    [Symbol.dispose]() {
      for (const agent of seats) agent.end('the gateway is going away', agentCloseCodes.goingAway)
    },
  }
}

/** Tells by the time it takes nothing about the key. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other))
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function decoded(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part)
  } catch {
    // A path that is not well encoded is nobody's.
    return undefined
  }
}
