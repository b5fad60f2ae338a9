import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { GatewayError } from '../../contract/gateway-error.ts'
import { legacyVersions, modernVersion } from '../../core/call/era.ts'
import { LegacySession } from '../../core/clients/legacy.ts'
import { settledIn } from '../../core/clients/waiting.ts'
import { envelopeAnswer } from '../../core/clients/modern.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { refuseHttp, sendEmpty, sendJson } from '../door/answers.ts'
import { tooBusy } from '../door/refusal.ts'
import { guarded } from '../door/guard.ts'
import { HttpExchange } from '../door/http-exchange.ts'
import type { Visit } from './endpoint.ts'
import type { LostStreams } from './lost-streams.ts'
import { createOwnStreams } from './own-streams.ts'
import type { Sessions } from './sessions.ts'
import type { Waiting } from '../door/waiting.ts'

export interface LegacyDoor {
  /** A posted message. */
  serve(visit: Visit, message: Message): void
  /** GET: the stream on which the gateway speaks by itself. */
  stream(visit: Visit): void
  /** DELETE: the end of a session. */
  end(visit: Visit): void
  /** The session of a request; undefined when it was refused. */
  session(visit: Visit): LegacySession | undefined
  /** Ends the streams that would stay open for ever. */
  endStreams(): void
  close(): void
}

export interface LegacyDoorOptions {
  readonly gateway: Gateway
  readonly sessions: Sessions
  readonly waiting: Waiting
  readonly lost: LostStreams<HttpExchange>
  readonly onFault: (error: unknown) => void
}

const known = new Set<string>(legacyVersions)

/** Serves clients that open with `initialize` and then name their session in a header. */
export function createLegacyDoor(options: LegacyDoorOptions): LegacyDoor {
  const { sessions, waiting, onFault } = options
  const streams = createOwnStreams(options)
  const losses = createLosses(options)
  let lastStream = 0

  function session(visit: Visit, id: ByteText = 'null'): LegacySession | undefined {
    const { headers, response, scope } = visit
    if (headers.sessionId === undefined) {
      const problem = 'the header Mcp-Session-Id is missing'
      refuseHttp(response, new GatewayError('request_invalid', { problem }), { id })
      return undefined
    }
    const found = sessions.find(headers.sessionId, scope.access.principal)
    if (!found) refuseHttp(response, new GatewayError('session_unknown', undefined), { id })
    return found
  }

  function serve(visit: Visit, message: Message): void {
    const { response, headers } = visit
    if (message.kind === 'request' && message.method === 'initialize') {
      return openSession(options, visit, message)
    }
    const id = message.kind === 'request' ? (message.raw(Member.id) ?? 'null') : 'null'
    const found = session(visit, id)
    if (!found) return
    if (headers.protocolVersion !== undefined && !known.has(headers.protocolVersion)) {
      const problem = `the protocol version "${headers.protocolVersion}" is not known`
      return refuseHttp(response, new GatewayError('request_invalid', { problem }), { id })
    }
    if (message.kind !== 'request') {
      found.receive(message, noExchange)
      return sendEmpty(response, 202)
    }
    const exchange = new HttpExchange(response, {
      accept: headers.accept,
      byPreference: true,
      onStream() {
        losses.watch(found, exchange, response)
        return ++lastStream
      },
      onFault,
    })
    found.receive(message, exchange)
    if (exchange.isAnswered) return
    // A client that leaves does not cancel: it may come back for the effect of its call.
    exchange.waitIn(waiting)
  }

  function stream(visit: Visit): void {
    const { response, headers } = visit
    const found = session(visit)
    if (!found) return
    if (headers.accept?.includes('text/event-stream') !== true) {
      const problem = 'this address answers GET with a stream only; accept text/event-stream'
      return refuseHttp(response, new GatewayError('request_invalid', { problem }), { status: 406 })
    }
    const { lastEventId } = headers
    if (lastEventId !== undefined && losses.comesBack(found, lastEventId, response)) return
    streams.open(found, response)
  }

  return {
    session,
    serve,
    stream,
    end(visit) {
      const found = session(visit)
      if (!found) return
      streams.end(found)
      sessions.end(found.id, 'the client ended its session')
      sendEmpty(visit.response, 200)
    },
    endStreams: () => streams.endAll(),
    close() {
      const ending = Array.from(sessions.all, ({ id }) => id)
      for (const id of ending) sessions.end(id, 'the gateway is shutting down')
    },
  }
}

const noExchange = { notify: () => false, answer() {} }

function openSession(
  { gateway, sessions, onFault }: LegacyDoorOptions,
  { response, scope, headers }: Visit,
  message: Message,
): void {
  const id = message.raw(Member.id) ?? 'null'
  if ((headers.protocolVersion ?? '') >= modernVersion) {
    const text = `The header MCP-Protocol-Version says "${headers.protocolVersion}", where initialize does not exist`
    return sendJson(response, 400, envelopeAnswer(id, { code: -32020, text }))
  }
  const begin = () => {
    const sessionId = randomBytes(32).toString('base64url')
    const opened = new LegacySession({
      id: sessionId,
      gateway,
      scope,
      initialize: message,
    })
    if (!sessions.add(opened, scope.access.principal)) {
      opened.end('too many sessions are open')
      return refuseHttp(response, tooBusy('too many sessions are open'), { id })
    }
    sendJson(response, 200, opened.greet(id), ['Mcp-Session-Id', sessionId])
  }
  const wait = settledIn(gateway, scope)
  if (wait) void wait.then(guarded(onFault, begin))
  else begin()
}

/** Streams of requests that break: each is kept for a while, and with it the call it was for. */
function createLosses({ lost, onFault }: LegacyDoorOptions) {
  function watch(found: LegacySession, exchange: HttpExchange, response: ServerResponse): void {
    const left = () => {
      if (response.writableFinished) return
      lost.add(found.id, exchange, () => found.abandon(exchange, 'the client did not come back'))
    }
    response.once('close', guarded(onFault, left))
  }

  function comesBack(found: LegacySession, id: string, response: ServerResponse): boolean {
    const exchange = lost.resume(found.id, id, response)
    if (exchange && !exchange.isAnswered) watch(found, exchange, response)
    return exchange !== undefined
  }

  return { watch, comesBack }
}
