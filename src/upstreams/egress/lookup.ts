import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { askOnce } from './names.ts'
import { addressProblem, checkUrl, egressRefused, hostOf } from './policy.ts'
import type { EgressPolicy, EgressProtocol } from './policy.ts'

export type Resolve = (
  hostname: string,
  options: LookupOptions,
) => Promise<readonly LookupAddress[]>

const times = { timeoutMs: 3000, failureHoldsMs: 1000 }

/** One place a server may be reached at, with what a socket needs to go there and nowhere else. */
export interface GuardedTarget {
  readonly url: URL
  readonly lookup: LookupFunction
  /** Why the address that a socket reached is not one of the allowed, or nothing. */
  readonly checkAddress: (address: string | undefined) => string | undefined
}

/** Checks the URL and gives the resolver and the last check for connections to it. */
export function guardTarget(
  url: string | URL,
  policy: EgressPolicy,
  resolve?: Resolve,
): GuardedTarget {
  const checked = checkUrl(url, policy)
  const protocol = checked.protocol === 'https:' ? 'https:' : 'http:'
  const hostname = hostOf(checked)
  return {
    url: checked,
    lookup: guardedLookup(policy, { protocol, resolve }),
    checkAddress: (address = '') => addressProblem(address, { policy, protocol, hostname }),
  }
}

/**
 * A `lookup` for sockets: every address of the name must be allowed, and the socket gets those that were checked, so a
 * second answer of the name server never counts. Sockets do not ask it about address literals: `checkUrl` does.
 */
export function guardedLookup(
  policy: EgressPolicy,
  { protocol = 'https:', resolve = resolveBySystem }: LookupGuardOptions = {},
): LookupFunction {
  const askedOnce = askOnce(resolve, times)

  async function resolveChecked(hostname: string, options: LookupOptions) {
    const addresses = await askedOnce(hostname, options)
    const rules = { policy, protocol, hostname }
    const problem =
      addresses.length === 0
        ? 'its name has no address'
        : addresses.map(({ address }) => addressProblem(address, rules)).find(Boolean)
    if (problem) throw egressRefused(new URL(`${protocol}//${hostname}`), problem)
    return addresses
  }

  return (hostname, options, callback) => {
    void resolveChecked(hostname, options).then(
      (addresses) => {
        const [{ address, family } = { address: '', family: 4 }] = addresses
        return options.all ? callback(null, [...addresses]) : callback(null, address, family)
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), ''),
    )
  }
}

export interface LookupGuardOptions {
  readonly protocol?: EgressProtocol
  /** Replaces the system's resolver. */
  readonly resolve?: Resolve | undefined
}

function resolveBySystem(hostname: string, { family, hints }: LookupOptions) {
  return lookup(hostname, {
    all: true,
    ...(family === undefined ? {} : { family }),
    ...(hints === undefined ? {} : { hints }),
  })
}
