import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../../contract/gateway-error.ts'

/** The headers this gateway looks at; each may come once. */
export interface RequestHeaders {
  host: string | undefined
  origin: string | undefined
  accept: string | undefined
  contentType: string | undefined
  contentEncoding: string | undefined
  contentLength: string | undefined
  sessionId: string | undefined
  protocolVersion: string | undefined
  mcpMethod: string | undefined
  mcpName: string | undefined
  lastEventId: string | undefined
  authorization: string | undefined
  /** The marks of gateways it came through. */
  via: string | undefined
  /** The name of a header of these that came twice. */
  duplicate: string | undefined
}

type KnownHeader = Exclude<keyof RequestHeaders, 'duplicate'>

/** By length first: most headers of a request are none of ours, and that tells without looking further. */
const knownByLength: readonly (readonly (readonly [string, KnownHeader])[])[] = (() => {
  const names: readonly (readonly [string, KnownHeader])[] = [
    ['host', 'host'],
    ['origin', 'origin'],
    ['accept', 'accept'],
    ['content-type', 'contentType'],
    ['content-encoding', 'contentEncoding'],
    ['content-length', 'contentLength'],
    ['mcp-session-id', 'sessionId'],
    ['mcp-protocol-version', 'protocolVersion'],
    ['mcp-method', 'mcpMethod'],
    ['mcp-name', 'mcpName'],
    ['last-event-id', 'lastEventId'],
    ['authorization', 'authorization'],
    ['gantry-via', 'via'],
  ]
  return Array.from({ length: 21 }, (_, length) => names.filter(([name]) => name.length === length))
})()

function memberFor(name: string): KnownHeader | undefined {
  const candidates = knownByLength[name.length]
  if (candidates === undefined) return undefined
  for (const [known, member] of candidates) {
    let index = 0
    // Setting bit 5 makes letters lower case and leaves "-" as it is.
    while (index < known.length && (name.charCodeAt(index) | 0x20) === known.charCodeAt(index))
      index++
    if (index === known.length) return member
  }
  return undefined
}

/** Reads the headers in one pass over what came, before Node joins duplicates. */
export function readHeaders({ rawHeaders }: IncomingMessage): RequestHeaders {
  const headers: RequestHeaders = {
    host: undefined,
    origin: undefined,
    accept: undefined,
    contentType: undefined,
    contentEncoding: undefined,
    contentLength: undefined,
    sessionId: undefined,
    protocolVersion: undefined,
    mcpMethod: undefined,
    mcpName: undefined,
    lastEventId: undefined,
    authorization: undefined,
    via: undefined,
    duplicate: undefined,
  }
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    const member = memberFor(name)
    if (member === undefined) continue
    if (headers[member] === undefined) headers[member] = rawHeaders[index + 1]
    else if (member !== 'accept') headers.duplicate = name
    else headers.accept = `${headers.accept}, ${rawHeaders[index + 1]}`
  }
  return headers
}

export interface Admission {
  /** Throws `GatewayError` when the request must not be served. */
  check(headers: RequestHeaders): void
  /** Whether this is a name of ours, with a port or without. */
  answersTo(host: string): boolean
}

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]']

/** Answers only to names that are ours, so that a page that rebinds its own name to us is refused. */
export function createAdmission(listen: {
  readonly host: string
  readonly hosts: readonly string[]
  readonly origins: readonly string[]
}): Admission {
  const bound = listen.host.includes(':') ? `[${listen.host.replace(/^\[|\]$/g, '')}]` : listen.host
  const names = new Set(
    [...loopbackNames, bound, ...listen.hosts].map((name) => name.toLowerCase()),
  )
  names.delete('0.0.0.0')
  names.delete('[::]')
  const origins = new Set(listen.origins)
  // The same few values come with every request.
  const admittedHosts = new Set<string>()

  function isOurs(host: string): boolean {
    if (admittedHosts.has(host)) return true
    const name = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::\d{1,5})?$/.exec(host.toLowerCase())?.[1]
    const isOwn = name !== undefined && (names.has(name) || names.has(host.toLowerCase()))
    if (isOwn && admittedHosts.size < 1000) admittedHosts.add(host)
    return isOwn
  }

  function isAdmittedOrigin(origin: string): boolean {
    if (origins.has(origin)) return true
    const url = URL.parse(origin)
    return (
      url !== null &&
      url.origin === origin &&
      isOurs(url.host) &&
      loopbackNames.includes(url.hostname)
    )
  }

  return {
    answersTo: isOurs,
    check({ host, origin, duplicate }) {
      if (duplicate !== undefined) {
        throw new GatewayError('request_invalid', {
          problem: `the header ${duplicate} comes twice`,
        })
      }
      if (host === undefined || !isOurs(host))
        throw new GatewayError('host_refused', { host: host ?? '' })
      if (origin !== undefined && !isAdmittedOrigin(origin))
        throw new GatewayError('origin_refused', { origin })
    },
  }
}
