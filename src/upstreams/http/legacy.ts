import { GatewayError } from '../../contract/gateway-error.ts'
import type { Call, Done } from '../../core/call/call.ts'
import type { LogLevel } from '../../core/call/era.ts'
import type { Greeting, Upstream, UpstreamEvents } from '../../core/routing/upstream.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import { toBuffer } from '../../wire/bytes.ts'
import type { ResponseHead } from '../../wire/http/head.ts'
import type { Dialogue, Flight } from '../dialogue.ts'
import { createDialogue } from '../dialogue.ts'
import { createLegacyWatch } from '../watch.ts'
import type { Session } from './legacy-session.ts'
import { initialize, isModernRefusal, isSessionLoss } from './legacy-session.ts'
import { exchange } from './post.ts'
import type { HttpWire } from './wire.ts'
import { resumedExchange } from './resumed-exchange.ts'
import { ask, complaintOf, lossOf, reasonOf, refusalOf, unreachable } from './wire.ts'

/** A server that has not read what lies on one socket after this has more to do than it can. */
const overtakenMs = 2000

/** Opens a session with a legacy server; it is renewed by itself when the server forgets it. */
export async function openLegacyHttp(
  wire: HttpWire,
  events: UpstreamEvents,
  signal: AbortSignal,
): Promise<Upstream> {
  const first = await initialize(wire)
  signal.throwIfAborted()
  return new LegacyHttp(wire, events, first).open()
}

class LegacyHttp implements Upstream {
  readonly pid = undefined
  readonly closed: Promise<string>
  readonly #wire: HttpWire
  readonly #events: UpstreamEvents
  readonly #dialogue: Dialogue
  readonly #watch: ReturnType<typeof createLegacyWatch>
  #session: Session
  #renewing: Promise<void> | undefined
  #verifying: Promise<void> | undefined
  #closeStream: (() => void) | undefined
  #level: LogLevel | undefined
  #isClosed = false
  #settleClosed: (reason: string) => void = () => {}
  /** The relay's count of lost sockets when the session was last known to be alive. */
  #knownLosses = 0

  constructor(wire: HttpWire, events: UpstreamEvents, session: Session) {
    this.#wire = wire
    this.#events = events
    this.#session = session
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
    this.#dialogue = createDialogue({
      server: wire.server,
      era: 'legacy',
      events,
      read: wire.read,
      cancelByMessage: true,
      transmit: {
        request: (call, id, payload) => this.#request(call, id, payload),
        post: (payload) => this.#post(payload),
      },
    })
    this.#watch = createLegacyWatch((method, params) =>
      this.request(method, params, wire.config.timeoutMs),
    )
  }

  get greeting(): Greeting {
    return this.#session.greeting
  }

  get pending(): number {
    return this.#dialogue.pending
  }

  open(): this {
    this.#knownLosses = this.#wire.relay.losses
    this.#post('{"jsonrpc":"2.0","method":"notifications/initialized"}')
    if (speaksByItself(this.greeting)) this.#listen(0)
    return this
  }

  send(call: Call, done: Done): void {
    if (this.#renewing === undefined && !this.#isDoubtful(call))
      return this.#dialogue.send(call, done)
    let isWaiting = true
    call.abort = (error) => {
      isWaiting = false
      done({ kind: 'failure', error, phase: 'not_sent' })
    }
    const proceed = () => {
      if (!isWaiting) return
      call.abort = undefined
      this.#dialogue.send(call, done)
    }
    const refuse = (error: unknown) => {
      if (!isWaiting) return
      call.abort = undefined
      done({ kind: 'failure', error: this.#asUnreachable(error), phase: 'not_sent' })
    }
    ;(this.#renewing ?? this.#verified()).then(proceed, refuse)
  }

  request(method: string, params: ByteText, timeoutMs: number): ReturnType<Dialogue['request']> {
    return this.#dialogue.request(method, params, timeoutMs)
  }

  watch(uris: readonly string[]): Promise<unknown> {
    return this.#watch.set(uris)
  }

  setLogLevel(level: LogLevel): void {
    this.#level = level
    if (!this.greeting.capabilities.logging) return
    this.request('logging/setLevel', `{"level":"${level}"}`, this.#wire.config.timeoutMs).catch(
      (error: unknown) => this.#events.health(reasonOf(error)),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#closeStream?.()
    this.#dialogue.close('the gateway closed the connection')
    await this.#endSession()
    this.#settleClosed('the gateway closed the connection')
  }

  /** A socket went away since the session was last seen: the server may have restarted and forgotten it. */
  #isDoubtful(call: Call): boolean {
    return (
      this.#session.id !== undefined &&
      !call.spec.isRepeatable &&
      this.#knownLosses !== this.#wire.relay.losses
    )
  }

  /** One sign of life for everybody who waits for it. */
  #verified(): Promise<void> {
    this.#verifying ??= this.#verify().finally(() => {
      this.#verifying = undefined
    })
    return this.#verifying
  }

  /** Asks for a sign of life before a call that could not be sent twice. */
  async #verify(): Promise<void> {
    const { losses } = this.#wire.relay
    const session = this.#session
    try {
      await this.request('ping', '{}', this.#wire.config.healthTimeoutMs)
      this.#knownLosses = losses
    } catch (error) {
      // Somebody else may have noticed first: then the session is another by now, or soon will be.
      if (this.#renewing === undefined && this.#session === session) throw error
    }
    await this.#renewing
  }

  #request(call: Call, id: number, payload: Payload): Flight {
    const { server } = this.#wire
    const session = this.#session
    let isForgotten = false
    let isTaken = false
    const sent = resumedExchange(this.#wire, session, payload, {
      isWaiting: () => this.#dialogue.isWaiting(id),
      head: () => {
        isTaken = true
      },
      message: (bytes, head) => {
        const answer = head.status < 400 ? undefined : toBuffer(bytes)
        if (answer && isSessionLoss(session, head.status, answer.toString())) isForgotten = true
        else if (answer && isModernRefusal(this.#wire, answer)) this.#outgrown(id)
        else this.#dialogue.receive(bytes, id)
      },
      end: (head, text) => this.#ended(session, id, head, isForgotten ? 'session' : text),
      failed: (error, wasSent) => {
        this.#events.health(reasonOf(error))
        const lost = lossOf(server, error, wasSent)
        this.#dialogue.fail(id, lost.error, lost.phase)
      },
    })
    return {
      abandon: () => sent.abandon(),
      cancel: (word) => this.#cancel(word, isTaken),
    }
  }

  /** On a socket of its own a cancellation may overtake its request, and then means nothing: it is said once more. */
  #cancel(payload: Payload, isTaken: boolean): void {
    const session = this.#session
    this.#post(payload)
    if (isTaken) return
    this.#wire.later(overtakenMs, () => {
      if (!this.#isClosed && this.#session === session) this.#post(payload)
    })
  }

  #ended(session: Session, id: number, head: ResponseHead, text: string): void {
    if (isSessionLoss(session, head.status, text)) {
      this.#renew(session)
      const error = new GatewayError('server_lost', {
        server: this.#wire.server,
        reason: 'it forgot our session, which is open again now',
      })
      return this.#dialogue.fail(id, error, 'maybe_sent')
    }
    if (!this.#dialogue.isWaiting(id)) return this.#events.health(undefined)
    this.#events.health(complaintOf(head, this.#wire.hide(text)))
    const { error, phase } = refusalOf(this.#wire.server, head)
    this.#dialogue.fail(id, error, phase)
  }

  #post(payload: Payload): void {
    const session = this.#session
    exchange(
      this.#wire,
      { method: 'POST', headers: session.headers, body: payload },
      {
        message: (bytes) => this.#dialogue.receive(bytes),
        end: (head, text) => {
          if (isSessionLoss(session, head.status, text)) this.#renew(session)
        },
        failed: (error) => this.#events.health(reasonOf(error)),
      },
    )
  }

  /** What was refused for its era did not run; whoever connects next asks the server anew. */
  #outgrown(id: number): void {
    const reason = 'it speaks a newer era of the protocol now'
    this.#dialogue.fail(id, unreachable(this.#wire.server, reason), 'not_sent')
    this.#leave(reason)
  }

  /** Takes no more; what is under way still gets its own answer. */
  #leave(reason: string): void {
    this.#isClosed = true
    this.#closeStream?.()
    this.#settleClosed(reason)
  }

  #giveUp(reason: string): void {
    if (this.#isClosed) return
    this.#dialogue.close(reason)
    this.#leave(reason)
  }

  /** One renewal for everybody who noticed. What was in flight is not sent again. */
  #renew(lost: Session): void {
    if (this.#isClosed || this.#renewing || this.#session !== lost) return
    this.#closeStream?.()
    this.#renewing = initialize(this.#wire)
      .then((session) => {
        this.#session = session
        this.open()
        if (this.#level) this.setLogLevel(this.#level)
        this.#watch.replay()
        this.#events.missed()
      })
      .finally(() => {
        this.#renewing = undefined
      })
    // Whoever connects next finds out what the server is now.
    this.#renewing.catch((error: unknown) => this.#giveUp(reasonOf(error)))
  }

  /** Keeps the stream open on which the server speaks by itself. */
  #listen(attempt: number): void {
    const session = this.#session
    let failures = attempt
    const again = () => {
      if (this.#isClosed || this.#session !== session) return
      this.#wire.later(Math.min(30_000, 500 * 2 ** failures), () => {
        if (!this.#isClosed && this.#session === session) this.#listen(failures + 1)
      })
    }
    const handle = exchange(
      this.#wire,
      { method: 'GET', headers: session.headers, body: '' },
      {
        head: (head) => {
          if (head.status !== 200) return
          failures = 0
          if (attempt > 0) this.#events.missed()
        },
        message: (bytes) => this.#dialogue.receive(bytes),
        end: (head, text) => {
          if (isSessionLoss(session, head.status, text)) this.#renew(session)
          else if (head.status === 200) again()
        },
        failed: again,
      },
    )
    this.#closeStream = () => handle.abandon()
  }

  async #endSession(): Promise<void> {
    if (this.#session.id === undefined) return
    const headers = this.#session.headers.slice(this.#wire.baseHeaders.length)
    await ask(this.#wire, headers, '', { timeoutMs: 1000, method: 'DELETE' }).catch(
      (error: unknown) => this.#events.health(reasonOf(error)),
    )
  }

  /** The call itself was never sent: what was lost is the question that went before it. */
  #asUnreachable(error: unknown): GatewayError {
    const { server } = this.#wire
    if (!(error instanceof GatewayError)) return unreachable(server, reasonOf(error), error)
    if (error.code !== 'server_lost') return error
    const { data } = error
    const reason = isRecord(data) ? String(data['reason']) : error.message
    return unreachable(server, reason, error)
  }
}

function speaksByItself({ capabilities }: Greeting): boolean {
  const { tools, prompts, resources, logging } = capabilities
  return Boolean(
    tools?.listChanged ||
    prompts?.listChanged ||
    resources?.listChanged ||
    resources?.subscribe ||
    logging,
  )
}
