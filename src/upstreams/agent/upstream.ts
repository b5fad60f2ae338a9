import type { AgentServerConfig } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Call, Done } from '../../core/call/call.ts'
import type { MessageStream } from '../../core/routing/message-stream.ts'
import type { Greeting, Upstream, UpstreamEvents } from '../../core/routing/upstream.ts'
import type { ByteText } from '../../wire/bytes.ts'
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
export function openAgentUpstream({
  stream,
  greeting,
  config,
  deps,
  events,
}: OpenedStream): Upstream {
  const server = config.name
  const { era } = greeting
  const { promise: closed, resolve } = Promise.withResolvers<string>()
  const dialogue = createDialogue({
    server,
    era,
    read: deps.read,
    cancelByMessage: true,
    events: {
      ...events,
      noise(kind) {
        events.noise(kind)
        // An answer to what was given up is nobody's fault.
        if (kind !== 'late') stream.strike(`a message that is ${kind}`)
      },
    },
    transmit: {
      request(_call, id, payload) {
        stream.send(payload, id)
        return undefined
      },
      post: (payload) => stream.send(payload),
    },
  })

  function close(reason: string, unsent: readonly number[]): void {
    const error = new GatewayError('server_unreachable', { server, reason })
    for (const id of unsent) dialogue.fail(id, error, 'not_sent')
    dialogue.close(reason)
    resolve(reason)
  }
  stream.onMessage = (bytes) => dialogue.receive(bytes)
  stream.onEnd = close

  function send(call: Call, done: Done): void {
    const refusal = overload() ?? deps.begin(call)
    if (refusal) return done({ kind: 'failure', error: refusal, phase: 'not_sent' })
    dialogue.send(call, (outcome) => {
      deps.ended()
      done(outcome)
    })
  }

  function overload(): GatewayError | undefined {
    return stream.waitingBytes < backlogLimitBytes
      ? undefined
      : new GatewayError('server_overloaded', { server, waiting: dialogue.pending })
  }

  const request = (method: string, params: ByteText, timeoutMs: number) =>
    dialogue.request(method, era === 'modern' ? ownRequest(params) : params, timeoutMs)
  const watch = era === 'modern' ? modernWatch() : legacyWatch()

  function modernWatch() {
    const listening = createModernWatch({
      greeting,
      server,
      send: (call, done) => dialogue.send(call, done),
      read: deps.read,
      later: deps.later,
      missed: () => events.missed(),
    })
    listening.start()
    return listening
  }

  function legacyWatch() {
    return createLegacyWatch((method, params) => request(method, params, config.timeoutMs))
  }

  return {
    greeting,
    pid: undefined,
    get pending() {
      return dialogue.pending
    },
    closed,
    send,
    request,
    watch: (uris) => watch.set(uris),
    setLogLevel(level) {
      if (era === 'modern' || !greeting.capabilities.logging) return
      request('logging/setLevel', `{"level":"${level}"}`, config.timeoutMs).catch(() =>
        events.health(`it refused the log level "${level}"`),
      )
    },
    async [Symbol.asyncDispose]() {
      // Ends the stream, which tells why to everybody who waits.
      stream.close('the gateway let go of it')
    },
  }
}
