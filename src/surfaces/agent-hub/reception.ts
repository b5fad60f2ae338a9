import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import {
  agentCloseCodes,
  agentProtocol,
  agentScheme,
  agentSubprotocol,
  Hello,
} from '../../contract/agents.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Log } from '../../core/observe/log.ts'
import type { UpgradeMatch } from '../door/upgrade.ts'
import { createAcceptor } from './acceptor.ts'
import type { Gate, Place } from './gate.ts'
import { faultIn } from './identity.ts'
import type { Enrolled, Enrolment } from './ports.ts'

export interface ReceptionDeps {
  readonly limitBytes: number
  readonly helloMs: number
  readonly gate: Gate
  readonly enrolment: Enrolment
  readonly answersTo: (audience: string) => boolean
  readonly log: Log
  readonly onFault: (error: unknown) => void
  /** Told who has shown who they are. */
  readonly admitted: (admitted: Admitted) => void
}

/** A connection of which is known whose it is. */
export interface Admitted {
  readonly webSocket: WebSocket
  readonly socket: Socket
  readonly hello: Hello
  readonly agent: Enrolled
}

/** Where it is found out who dials in. */
export interface Reception {
  /** Throws `GatewayError` when the request is refused. */
  receive(match: UpgradeMatch, agents: number): void
  /** Every connection there is. */
  readonly open: ReadonlySet<WebSocket>
}

/** A connection of which nobody knows yet whose it is. */
interface Arrival {
  readonly host: string | undefined
  readonly socket: Socket
  readonly place: Place
  /** What it brings to be enrolled. */
  readonly token: string | undefined
}

const longestHello = 4096

export function createReception(deps: ReceptionDeps): Reception {
  const accept = createAcceptor(deps.limitBytes, agentSubprotocol)
  const open = new Set<WebSocket>()

  return {
    open,
    receive(match, agents) {
      const { headers, request } = match
      const place = deps.gate.enter(match, agents)
      const token = tokenOf(headers.authorization, { enrolment: deps.enrolment, place })
      match.release()
      const arrival = { host: headers.host, socket: request.socket, place, token }
      accept(match).then(
        (webSocket) => {
          if (!webSocket) return place.leave()
          note(open, webSocket)
          greet(webSocket, arrival, deps)
        },
        (error: unknown) => {
          place.leave()
          deps.onFault(error)
        },
      )
    },
  }
}

function tokenOf(
  authorization: string | undefined,
  { enrolment, place }: { readonly enrolment: Enrolment; readonly place: Place },
): string | undefined {
  try {
    return enrolmentToken(authorization, enrolment)
  } catch (error) {
    place.leave()
    throw error
  }
}

/** Who is not known, and brings no token, is turned away before there is a WebSocket. */
function enrolmentToken(
  authorization: string | undefined,
  enrolment: Enrolment,
): string | undefined {
  const [, scheme, word = ''] = /^(\w+) +(\S+) *$/.exec(authorization ?? '') ?? []
  // Whether it still is, is looked at once it has shown who it is.
  if (scheme === agentScheme && (enrolment.known(word) ?? enrolment.find(word))) return undefined
  if (scheme === 'Bearer' && enrolment.admits(word)) return word
  const reason =
    scheme === 'Bearer'
      ? 'its token was used before, or its time is over'
      : 'it is not enrolled here'
  throw new GatewayError('agent_refused', { reason })
}

/** Asks who is there; the first message is the answer. */
function greet(webSocket: WebSocket, arrival: Arrival, deps: ReceptionDeps): void {
  const nonce = randomUUID()
  const timer = setTimeout(
    () => webSocket.close(agentCloseCodes.tooLate, 'nothing was said'),
    deps.helloMs,
  )
  const settled = () => {
    clearTimeout(timer)
    arrival.place.leave()
  }
  webSocket.once('close', settled)
  webSocket.once('message', (message: Buffer, isBinary: boolean) => {
    clearTimeout(timer)
    const hello = isBinary ? undefined : helloIn(message)
    if (!hello) return webSocket.close(agentCloseCodes.protocol, 'the first message was no hello')
    const further = hold(webSocket)
    faultIn(hello, nonce)
      .then((fault) => {
        settled()
        // It may stay long: nothing of how it came is kept.
        webSocket.off('close', settled)
        if (webSocket.readyState !== webSocket.OPEN) return
        answer(webSocket, { arrival, hello, fault }, deps)
        further.release()
      })
      .catch((error: unknown) => {
        webSocket.terminate()
        deps.onFault(error)
      })
  })
  webSocket.send(JSON.stringify({ type: 'challenge', protocol: agentProtocol, nonce }))
}

interface Answered {
  readonly arrival: Arrival
  readonly hello: Hello
  readonly fault: Awaited<ReturnType<typeof faultIn>>
}

/** Lets in whoever has shown who they are and is enrolled. */
function answer(
  webSocket: WebSocket,
  { arrival: { host, socket, token }, hello, fault }: Answered,
  { answersTo, enrolment, log, admitted }: ReceptionDeps,
): void {
  if (hello.audience !== host && !answersTo(hello.audience))
    return webSocket.close(agentCloseCodes.unauthenticated, 'the hello is for another gateway')
  if (fault) {
    log.warn('agent_refused', { agent: hello.id, address: socket.remoteAddress, ...fault })
    return webSocket.close(fault.code, fault.reason)
  }
  const agent =
    enrolment.find(hello.id) ?? (token === undefined ? undefined : enrolment.enrol(token, hello))
  if (agent) return admitted({ webSocket, socket, hello, agent })
  log.warn('agent_refused', { agent: hello.id, reason: 'it is not enrolled' })
  webSocket.close(agentCloseCodes.forbidden, 'this agent is not enrolled here')
}

function note(open: Set<WebSocket>, webSocket: WebSocket): void {
  open.add(webSocket)
  webSocket.on('close', () => open.delete(webSocket))
  webSocket.on('error', cut)
}

/** What it says before it is known who it is waits until then. */
function hold(webSocket: WebSocket): { release(): void } {
  const held: [Buffer, boolean][] = []
  const keep = (message: Buffer, isBinary: boolean) => void held.push([message, isBinary])
  webSocket.on('message', keep)
  webSocket.pause()
  return {
    release() {
      webSocket.off('message', keep)
      webSocket.resume()
      for (const [message, isBinary] of held) webSocket.emit('message', message, isBinary)
    },
  }
}

function cut(this: WebSocket): void {
  this.terminate()
}

function helloIn(message: Buffer): Hello | undefined {
  try {
    return message.length > longestHello ? undefined : Hello.parse(JSON.parse(message.toString()))
  } catch {
    // Whoever sent it is told by the close.
    return undefined
  }
}
