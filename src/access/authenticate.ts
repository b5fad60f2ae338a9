import { GatewayError } from '../contract/gateway-error.ts'
import type { Authenticate, Visitor } from '../core/access/visitor.ts'
import type { KeyRing } from './key-ring.ts'
import type { Principals } from './principals.ts'
import { localPrincipal } from './principals.ts'

export interface AuthenticateDeps {
  readonly principals: Principals
  readonly ring: () => KeyRing
  /** Who shows the key of a run of a program. */
  readonly runOf?: (key: string) => Visitor | undefined
  /** Whether programs on this machine need no key at the moment. */
  readonly isLoopbackOpen: () => boolean
  /** Told which key was used. */
  readonly used: (key: string) => void
}

/** Knows whoever sends `Authorization: Bearer KEY`, and programs on this machine where those need none. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const { principals, ring, isLoopbackOpen, used } = deps
  const local: Visitor = { access: principals.of(localPrincipal), key: undefined }

  return ({ authorization, address }) => {
    if (authorization === undefined)
      return isLoopbackOpen() && isLoopback(address) ? local : undefined
    const [, text = ''] = /^Bearer +(\S+) *$/i.exec(authorization) ?? []
    const key = ring().find(text)
    const run = key ? undefined : deps.runOf?.(text)
    if (run) return run
    if (!key) throw new GatewayError('key_invalid', undefined)
    used(key.id)
    return { access: principals.of(key.name), key: key.id }
  }
}

/** By the address a connection comes from. */
function isLoopback(address: string | undefined): boolean {
  if (address === '127.0.0.1' || address === '::1') return true
  return /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(address ?? '')
}
