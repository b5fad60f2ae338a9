import type { AgentServerConfig } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Call } from '../../core/call/call.ts'
import type { Era } from '../../core/call/era.ts'
import type { MessageStream } from '../../core/routing/message-stream.ts'
import type { ConnectUpstream, Greeting } from '../../core/routing/upstream.ts'
import type { ReadMessage } from '../../wire/message.ts'
import { greet } from '../stdio/connect.ts'
import { openAgentUpstream } from './upstream.ts'

export interface AgentUpstreamDeps {
  /** Begins a conversation with the server of the agent; throws `GatewayError` when the agent is gone. */
  readonly open: () => MessageStream
  readonly read: ReadMessage
  readonly later: (ms: number, work: () => void) => void
  /** The era the server speaks, when that is known. */
  readonly era: Era | undefined
  /** Told each call that is to be sent; gives why it is not, if it is not. */
  readonly begin: (call: Call) => GatewayError | undefined
  /** Such a call is over. */
  readonly ended: () => void
}

/** Connects to a server that a remote agent offers, over a stream of the agent's connection. */
export function connectAgent(config: AgentServerConfig, deps: AgentUpstreamDeps): ConnectUpstream {
  return async (events, signal) => {
    signal.throwIfAborted()
    const stream = deps.open()
    const greeting = Promise.withResolvers<Greeting>()
    const fail = (reason: string) =>
      greeting.reject(new GatewayError('server_unreachable', { server: config.name, reason }))
    const stop = () => fail('the gateway stopped waiting for it')
    const { startTimeoutMs } = config
    const timer = setTimeout(
      () => fail(`no answer to the handshake within ${startTimeoutMs} ms`),
      startTimeoutMs,
    )
    signal.addEventListener('abort', stop, { once: true })
    stream.onEnd = fail
    try {
      greetOver(stream, config, deps).then(greeting.resolve, greeting.reject)
      return openAgentUpstream({ stream, greeting: await greeting.promise, config, deps, events })
    } catch (error) {
      stream.close('the handshake failed')
      throw error
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  }
}

function greetOver(
  stream: MessageStream,
  config: AgentServerConfig,
  deps: AgentUpstreamDeps,
): Promise<Greeting> {
  const channel: Parameters<typeof greet>[2] = {
    onLine() {},
    noise: () => stream.strike('a message that cannot be read'),
    write: (payload) => stream.send(payload),
  }
  stream.onMessage = (bytes) => channel.onLine(bytes)
  return greet(config, deps, channel, deps.era ?? 'unknown')
}
