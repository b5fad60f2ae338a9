import type { HttpServerConfig } from '../../contract/config.ts'
import { modernVersion } from '../../core/call/era.ts'
import type { Era } from '../../core/call/era.ts'
import type { ConnectUpstream, Greeting } from '../../core/routing/upstream.ts'
import type { ReadMessage } from '../../wire/message.ts'
import type { RelayClient } from '../../wire/http/relay-client.ts'
import { discoverRequest, parseDiscover, refuseUnknownModern } from '../greeting.ts'
import { openLegacyHttp } from './legacy.ts'
import { openModernHttp } from './modern.ts'
import type { Answer, HttpWire } from './wire.ts'
import { ask, baseHeaders, statusError } from './wire.ts'

export interface HttpUpstreamDeps {
  readonly relay: (config: HttpServerConfig) => Promise<RelayClient>
  readonly read: ReadMessage
  readonly limitBytes: number
  readonly later: (ms: number, work: () => void) => void
  /** The era this server was found to speak last time. */
  readonly knownEra: Era | undefined
  /** Masks what a server must not repeat to others. */
  readonly hide?: (text: string) => string
}

/** Connects to a server over Streamable HTTP, in the era it turns out to speak. */
export function connectHttp(config: HttpServerConfig, deps: HttpUpstreamDeps): ConnectUpstream {
  return async (events, signal) => {
    const relay = await deps.relay(config)
    const wire: HttpWire = {
      server: config.name,
      config,
      relay,
      limitBytes: deps.limitBytes,
      read: deps.read,
      baseHeaders: baseHeaders(config),
      later: deps.later,
      hide: deps.hide ?? ((text) => text),
    }
    try {
      // A known legacy server is not asked again: the probe may leave a session behind there.
      const greeting = deps.knownEra === 'legacy' ? undefined : await probe(wire)
      signal.throwIfAborted()
      const upstream = greeting
        ? openModernHttp(wire, greeting, events)
        : await openLegacyHttp(wire, events, signal)
      void upstream.closed.then(() => relay[Symbol.dispose]())
      return upstream
    } catch (error) {
      relay[Symbol.dispose]()
      throw error
    }
  }
}

/** Asks a modern question; an answer that only a legacy server gives means legacy, an outage means nothing. */
async function probe(wire: HttpWire): Promise<Greeting | undefined> {
  const headers = `MCP-Protocol-Version: ${modernVersion}\r\nMcp-Method: server/discover\r\n`
  const answer = await ask(wire, headers, discoverRequest(0), {
    timeoutMs: wire.config.startTimeoutMs,
  })
  const { status } = answer.head
  if (status === 401 || status === 403 || status >= 500)
    throw statusError(wire.server, answer.head, answer.text)
  const reply = answer.messages.find((message) => message.kind === 'response')
  const greeting = reply && !reply.isError ? parseDiscover(wire.server, reply) : undefined
  if (!greeting) {
    await dropLeakedSession(wire, answer)
    refuseUnknownModern(wire.server, reply)
  }
  return greeting
}

/** Some legacy servers open a session for anything they are sent. */
async function dropLeakedSession(wire: HttpWire, answer: Answer): Promise<void> {
  const leaked = answer.head.get('mcp-session-id')
  if (leaked === undefined) return
  const headers = `Mcp-Session-Id: ${leaked}\r\n`
  await ask(wire, headers, '', { timeoutMs: 1000, method: 'DELETE' }).catch(() => undefined)
}
