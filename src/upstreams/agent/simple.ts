import type { AgentServerConfig } from '../../contract/config.ts'
import { legacyVersions } from '../../core/call/era.ts'
import type { MessageStream } from '../../core/routing/message-stream.ts'
import type { ConnectUpstream, Greeting } from '../../core/routing/upstream.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { initializeParams, parseInitialize } from '../greeting.ts'
import type { AgentUpstreamDeps } from './connect.ts'
import { openAgentUpstream } from './upstream.ts'

/** One that does not know how to greet is taken as it is after this. */
const greetingMs = 3000

/** Connects to a server that dialled in by itself and may know nothing but tools. */
export function connectSimpleAgent(
  config: AgentServerConfig,
  deps: AgentUpstreamDeps,
): ConnectUpstream {
  return async (events, signal) => {
    signal.throwIfAborted()
    const stream = deps.open()
    const greeting = await greetingOf(stream, config, deps)
    signal.throwIfAborted()
    return openAgentUpstream({ stream, greeting, config, deps, events })
  }
}

function greetingOf(
  stream: MessageStream,
  { name }: AgentServerConfig,
  { read, later }: AgentUpstreamDeps,
): Promise<Greeting> {
  const { promise, resolve, reject } = Promise.withResolvers<Greeting>()
  const [, , , oldest] = legacyVersions
  const plain: Greeting = {
    era: 'legacy',
    protocolVersion: oldest,
    capabilities: { tools: { listChanged: true } },
    serverInfo: `{"name":"${name}","version":"0"}`,
    instructions: undefined,
  }
  const heard = (message: Message) => {
    if (message.kind !== 'response' || message.raw(Member.id) !== '1') return
    if (message.isError) return resolve(plain)
    try {
      resolve(parseInitialize(name, message))
      stream.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
    } catch {
      // It answered something; what it has is seen when it is asked for its tools.
      resolve(plain)
    }
  }
  stream.onMessage = (bytes) => {
    try {
      heard(read(bytes))
    } catch {
      stream.strike('a message that cannot be read')
    }
  }
  stream.onEnd = (reason) => reject(new Error(reason))
  stream.send(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":${initializeParams()}}`)
  later(greetingMs, () => resolve(plain))
  return promise
}
