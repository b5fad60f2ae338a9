import type { HttpServerConfig } from '../../contract/config.ts'
import type { RelayClient } from '../../wire/http/relay-client.ts'
import { createRelayClient } from '../../wire/http/relay-client.ts'
import { guardTarget } from '../egress/lookup.ts'
import { policyForListed } from '../egress/policy.ts'

const connections = 512
const connectTimeoutMs = 3000
const tlsTimeoutMs = 5000
const idleMs = 15_000

export interface RelayWorld {
  readonly now: () => number
  /** The marks by which a gateway knows its own requests when they come back to it. */
  readonly trail?: (() => string) | undefined
}

/** The way out to one server for calls: through the guard, on our own client or on undici as configured. */
export async function openRelay(
  config: HttpServerConfig,
  { now, trail }: RelayWorld,
): Promise<RelayClient> {
  const lines = () => (trail === undefined ? '' : `Gantry-Via: ${trail()}\r\n`)
  const policy = policyForListed(config.url, config.allowPrivate)
  const { url, lookup, checkAddress } = guardTarget(config.url, policy)
  if (config.engine === 'relay') {
    return createRelayClient({
      url,
      lookup,
      checkAddress,
      connections,
      connectTimeoutMs,
      tlsTimeoutMs,
      idleMs,
      now,
      lines,
    })
  }
  const { createUndiciRelay } = await import('./undici-relay.ts')
  return createUndiciRelay({ server: config.name, url, policy, connectTimeoutMs, lines })
}
