import type { AgentServerConfig } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Call, Done } from '../../core/call/call.ts'
import type { MessageStream } from '../../core/routing/message-stream.ts'
import type { Greeting, Upstream, UpstreamEvents } from '../../core/routing/upstream.ts'
import type { LogLevel } from '../../core/call/era.ts'
import type { ByteText } from '../../wire/bytes.ts'
import type { Message } from '../../wire/message.ts'
import type { Dialogue } from '../dialogue.ts'
import { createDialogue } from '../dialogue.ts'
import { createModernWatch, ownRequest } from '../modern-watch.ts'
import { createLegacyWatch } from '../watch.ts'
import type { AgentUpstreamDeps } from './connect.ts'

export interface OpenedStream {
  readonly stream: MessageStream
  readonly greeting: Greeting
  readonly config: AgentServerConfig
  readonly deps: AgentUpstreamDeps
  readonly events: UpstreamEvents
}

/** More than this waiting for an agent, and it takes no further calls. */
const backlogLimitBytes = 8 * 1024 * 1024

/** A server behind an agent, over the stream that was opened for it. */
export function openAgentUpstream(opened: OpenedStream): Upstream {
  return new AgentUpstream(opened)
}

type Watch = Pick<ReturnType<typeof createLegacyWatch>, 'set'>

/** There may be thousands: its methods are not made for each. */
class AgentUpstream implements Upstream {
  readonly greeting: Greeting
  readonly pid = undefined
  readonly closed: Promise<string>
  readonly #opened: OpenedStream
  readonly #dialogue: Dialogue
  #watch: Watch | undefined

  constructor(opened: OpenedStream) {
    const { stream, greeting, config, deps } = opened
    const { promise, resolve } = Promise.withResolvers<string>()
    this.greeting = greeting
    this.closed = promise
    this.#opened = opened
    this.#dialogue = createDialogue({
      server: config.name,
      era: greeting.era,
      read: deps.read,
      cancelByMessage: true,
      events: eventsOf(opened),
      transmit: {
        request(_call, id, payload) {
          stream.send(payload, id)
          return undefined
        },
        post: (payload) => stream.send(payload),
      },
    })
    stream.onMessage = (bytes) => this.#dialogue.receive(bytes)
    stream.onEnd = (reason, unsent) => {
      this.#close(reason, unsent)
      resolve(reason)
    }
    // One that tells nothing by itself is not listened to before somebody wants to hear of a resource.
    if (greeting.era === 'modern' && tellsOfChanges(greeting)) this.#watch = this.#modernWatch()
  }

  get pending(): number {
    return this.#dialogue.pending
  }

  send(call: Call, done: Done): void {
    const { deps } = this.#opened
    const refusal = this.#overload() ?? deps.begin(call)
    if (refusal) return done({ kind: 'failure', error: refusal, phase: 'not_sent' })
    this.#dialogue.send(call, (outcome) => {
      deps.ended()
      done(outcome)
    })
  }

  request(method: string, params: ByteText, timeoutMs: number): Promise<Message> {
    const isModern = this.greeting.era === 'modern'
    return this.#dialogue.request(method, isModern ? ownRequest(params) : params, timeoutMs)
  }

  watch(uris: readonly string[]): Promise<unknown> {
    this.#watch ??= this.greeting.era === 'modern' ? this.#modernWatch() : this.#legacyWatch()
    return this.#watch.set(uris)
  }

  setLogLevel(level: LogLevel): void {
    const { greeting, config, events } = this.#opened
    if (greeting.era === 'modern' || !greeting.capabilities.logging) return
    this.request('logging/setLevel', `{"level":"${level}"}`, config.timeoutMs).catch(() =>
      events.health(`it refused the log level "${level}"`),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Ends the stream, which tells why to everybody who waits.
    this.#opened.stream.close('the gateway let go of it')
  }

  #close(reason: string, unsent: readonly number[]): void {
    const error = new GatewayError('server_unreachable', {
      server: this.#opened.config.name,
      reason,
    })
    for (const id of unsent) this.#dialogue.fail(id, error, 'not_sent')
    this.#dialogue.close(reason)
  }

  #overload(): GatewayError | undefined {
    const { stream, config } = this.#opened
    if (stream.waitingBytes < backlogLimitBytes) return undefined
    const waiting = this.#dialogue.pending
    return new GatewayError('server_overloaded', { server: config.name, waiting })
  }

  #modernWatch(): Watch {
    const { greeting, config, deps, events } = this.#opened
    const listening = createModernWatch({
      greeting,
      server: config.name,
      send: (call, done) => this.#dialogue.send(call, done),
      read: deps.read,
      later: deps.later,
      missed: () => events.missed(),
    })
    listening.start()
    return listening
  }

  #legacyWatch(): Watch {
    const { timeoutMs } = this.#opened.config
    return createLegacyWatch((method, params) => this.request(method, params, timeoutMs))
  }
}

function eventsOf({ stream, events }: OpenedStream): UpstreamEvents {
  return {
    ...events,
    noise(kind) {
      events.noise(kind)
      // An answer to what was given up is nobody's fault.
      if (kind !== 'late') stream.strike(`a message that is ${kind}`)
    },
  }
}

function tellsOfChanges({ capabilities: { tools, prompts, resources } }: Greeting): boolean {
  return [tools, prompts, resources].some((one) => one?.listChanged === true)
}
