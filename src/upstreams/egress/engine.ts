import { isIP, isIPv6 } from 'node:net'
import type { Agent, buildConnector } from 'undici'
import { GatewayError } from '../../contract/gateway-error.ts'
import { guardedLookup } from './lookup.ts'
import type { Resolve } from './lookup.ts'
import { addressProblem, egressRefused } from './policy.ts'
import type { EgressPolicy, EgressProtocol } from './policy.ts'

export interface EngineOptions {
  /** The server's name, for people. */
  readonly server: string
  readonly resolve?: Resolve | undefined
  readonly connectTimeoutMs: number
  readonly headersTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly headerBytes: number
}

export type Undici = typeof import('undici')

/** How long an idle socket is trusted: networks drop them without a word. */
const keepAliveMs = 15_000

/** Connections for one policy. undici costs start-up time, so it is loaded with the first of them. */
export function createAgent(undici: Undici, policy: EgressPolicy, options: EngineOptions): Agent {
  return new undici.Agent({
    connect: guardedConnector(undici.buildConnector, policy, options),
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.idleTimeoutMs,
    maxHeaderSize: options.headerBytes,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    pipelining: 1,
  })
}

function guardedConnector(
  build: Undici['buildConnector'],
  policy: EgressPolicy,
  { server, resolve, connectTimeoutMs }: EngineOptions,
): buildConnector.connector {
  const connectorFor = (protocol: EgressProtocol) =>
    build({
      allowH2: false,
      timeout: connectTimeoutMs,
      lookup: guardedLookup(policy, { protocol, resolve }),
    })
  const plain = connectorFor('http:')
  const secure = connectorFor('https:')

  return (options, callback) => {
    const { hostname } = options
    const isSecure = options.protocol === 'https:'
    const problemOf = (address: string) =>
      addressProblem(address, { policy, protocol: isSecure ? 'https:' : 'http:', hostname })
    const refuse = (problem: string) => callback(egressRefused(urlOf(options), problem), null)

    const literalProblem = isIP(hostname) ? problemOf(hostname) : undefined
    if (literalProblem) return refuse(literalProblem)
    const connect = isSecure ? secure : plain
    return connect(options, (error, socket) => {
      if (!socket) return callback(connectFailure(server, error), null)
      const problem = problemOf(socket.remoteAddress ?? '')
      if (!problem) return callback(null, socket)
      socket.destroy()
      return refuse(problem)
    })
  }
}

function urlOf({ protocol, hostname, port }: buildConnector.Options): URL {
  return new URL(
    `${protocol}//${isIPv6(hostname) ? `[${hostname}]` : hostname}${port ? `:${port}` : ''}`,
  )
}

/** Nothing was sent: this is the one failure after which anything may be sent again. */
function connectFailure(server: string, cause: Error): GatewayError {
  if (cause instanceof GatewayError) return cause
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  const reason =
    code && !cause.message.includes(code) ? `${cause.message} (${code})` : cause.message
  return new GatewayError('server_unreachable', { server, reason }, { cause })
}
