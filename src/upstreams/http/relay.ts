import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { HttpServerConfig } from '../../contract/config.ts'
import type { RelayClient } from '../../wire/http/relay-client.ts'
import { createRelayClient } from '../../wire/http/relay-client.ts'

const connections = 512

/** The relay's way out to one server, through the guard. */
export async function openRelay(config: HttpServerConfig, now: () => number): Promise<RelayClient> {
  return createRelayClient({
    url: new URL(config.url),
    lookup: lookup as LookupFunction,
    checkAddress: () => undefined,
    connections,
    connectTimeoutMs: 3000,
    idleMs: 15_000,
    now,
  })
}
