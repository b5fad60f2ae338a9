import { createAuthenticate } from '../../access/authenticate.ts'
import type { Config } from '../../contract/config.ts'
import { GatewayError, isFailure } from '../../contract/gateway-error.ts'
import type { Authenticate } from '../../core/access/visitor.ts'
import type { Running } from './gateway.ts'

/** Who sends a request, by the keys and the settings that hold at the moment. */
export function createAuthentication({ gateway, principals, keys, llm }: Running): Authenticate {
  return createAuthenticate({
    principals,
    ring: () => keys.ring,
    runOf: (key) => llm.keys.find(key),
    isLoopbackOpen: () => isLoopbackOpen(gateway.config),
    used: (key) => keys.used(key),
  })
}

function isLoopbackOpen({ access }: Config): boolean {
  return (access.loopback ?? (access.keys === 'required' ? 'key' : 'open')) === 'open'
}

/** An address that other machines reach needs keys. */
export function refuseOpenBind({ access }: Config, host: string): void {
  if (access.keys !== 'required' && !isLoopback(host))
    throw new GatewayError('bind_refused', { host })
}

/** Reads the keys. Without any, nobody can come in from elsewhere: such an address is refused. */
export async function openKeys({ keys, gateway, log }: Running, host: string): Promise<void> {
  const isRequired = gateway.config.access.keys === 'required'
  try {
    await keys.open()
  } catch (error) {
    // Who needs no key can be served all the same.
    if (isRequired || !isFailure(error, 'keys_unreadable')) throw error
    log.error('keys_unreadable', { error })
  }
  if (!isLoopback(host) && keys.ring.size === 0) throw new GatewayError('bind_refused', { host })
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
  )
}
