import type { HttpServerConfig } from '../../contract/config.ts'
import type { Era } from '../../core/call/era.ts'
import type { ConnectUpstream, Upstream } from '../../core/routing/upstream.ts'
import type { Credentials } from '../../core/sign-in/credentials.ts'
import type { ReadMessage } from '../../wire/message.ts'
import type { RelayClient } from '../../wire/http/relay-client.ts'
import { openLegacyHttp } from './legacy.ts'
import { openModernHttp } from './modern.ts'
import { probe } from './probe.ts'
import type { HttpWire } from './wire.ts'
import { baseHeaders } from './wire.ts'

export interface HttpUpstreamDeps {
  readonly relay: (config: HttpServerConfig) => Promise<RelayClient>
  readonly read: ReadMessage
  readonly limitBytes: number
  readonly later: (ms: number, work: () => void) => void
  /** The era this server was found to speak last time. */
  readonly knownEra: Era | undefined
  /** Where it is signed in to with tokens. */
  readonly credentials?: Credentials | undefined
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
      credentials: deps.credentials,
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
      void upstream.closed.then(() => release(relay, upstream, deps.later))
      return upstream
    } catch (error) {
      relay[Symbol.dispose]()
      throw error
    }
  }
}

const lastAnswersMs = 1000
const checkMs = 50

/** What is under way when a server turns out to be another may still be answered in a moment. */
function release(
  relay: RelayClient,
  upstream: Upstream,
  later: HttpUpstreamDeps['later'],
  leftMs = lastAnswersMs,
): void {
  if (upstream.pending === 0 || leftMs <= 0) return relay[Symbol.dispose]()
  later(checkMs, () => release(relay, upstream, later, leftMs - checkMs))
}
