import { isIP } from 'node:net'
import { GatewayError } from '../../contract/gateway-error.ts'
import { isInRange, kindOf } from './address.ts'

/** Where requests for one server may go besides public addresses. */
export interface EgressPolicy {
  readonly allowLoopback: boolean
  /** Every private network, or only these host names and address ranges, or none. */
  readonly allowPrivate: boolean | readonly string[]
}

export type EgressProtocol = 'http:' | 'https:'

export const publicOnly: EgressPolicy = { allowLoopback: false, allowPrivate: false }

/** A server that the operator listed with a loopback URL is meant to be reached there. */
export function policyForListed(
  url: string | URL,
  allowPrivate: EgressPolicy['allowPrivate'] = false,
): EgressPolicy {
  const host = hostOf(new URL(url))
  const namesLoopback = isIP(host) ? kindOf(host) === 'loopback' : isLocalhost(host)
  return { allowLoopback: namesLoopback || allowPrivate === true, allowPrivate }
}

/** The parsed URL, if a request may be sent to it; names are judged again when they are resolved. */
export function checkUrl(url: string | URL, policy: EgressPolicy): URL {
  const parsed = URL.parse(String(url))
  if (!parsed)
    throw new GatewayError('egress_refused', {
      url: 'an unreadable URL',
      reason: 'it cannot be read',
    })
  const problem = urlProblem(parsed, policy)
  if (problem) throw egressRefused(parsed, problem)
  return parsed
}

/** Why an address that `hostname` leads to may not be reached, or nothing. */
export function addressProblem(
  address: string,
  {
    policy,
    protocol,
    hostname,
  }: { policy: EgressPolicy; protocol: EgressProtocol; hostname: string },
): string | undefined {
  const kind = isIP(address) ? kindOf(address) : 'reserved'
  if (kind === 'public') {
    return protocol === 'https:'
      ? undefined
      : 'plain http is for this machine and allowed private addresses only'
  }
  // One text for every kind: it must not become a way to map somebody's network.
  return isAllowed(address, kind, policy, hostname) ? undefined : 'its address is not public'
}

export function egressRefused(
  url: URL,
  reason: string,
  cause?: unknown,
): GatewayError<'egress_refused'> {
  return new GatewayError('egress_refused', { url: printUrl(url), reason }, { cause })
}

/** Without user, password and query, which may hold secrets. */
export function printUrl({ protocol, origin, pathname }: URL): string {
  return /^https?:$/.test(protocol) ? `${origin}${pathname}` : `a ${protocol} URL`
}

/** The host as resolvers and sockets spell it: IPv6 without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

function urlProblem(url: URL, policy: EgressPolicy): string | undefined {
  const { protocol, username, password } = url
  if (protocol !== 'https:' && protocol !== 'http:') return 'only https and http are spoken here'
  if (username !== '' || password !== '')
    return 'a user or password in a URL ends up in logs; send a header'

  const hostname = hostOf(url)
  if (isIP(hostname)) return addressProblem(hostname, { policy, protocol, hostname })
  if (isLocalhost(hostname)) return addressProblem('127.0.0.1', { policy, protocol, hostname })
  // What a name leads to is known when it is resolved; plain http can already be told apart here.
  if (protocol === 'https:' || policy.allowLoopback || policy.allowPrivate !== false)
    return undefined
  return 'plain http is for this machine and allowed private addresses only'
}

function isAllowed(
  address: string,
  kind: 'loopback' | 'private' | 'reserved',
  { allowLoopback, allowPrivate }: EgressPolicy,
  hostname: string,
): boolean {
  if (kind === 'loopback' && allowLoopback) return true
  if (typeof allowPrivate === 'boolean') return kind === 'private' && allowPrivate
  return allowPrivate.some(
    (entry) => isInRange(address, entry) || (kind !== 'reserved' && isSameName(entry, hostname)),
  )
}

const isLocalhost = (hostname: string) => isSameName('localhost', hostname)

function isSameName(one: string, other: string): boolean {
  return plainName(one) === plainName(other)
}

const plainName = (name: string) => name.toLowerCase().replace(/\.$/, '')
