import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { connect as connectTcp, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'

import type { HttpServerConfig } from '../../contract/config.ts'
import { guardTarget } from '../../upstreams/egress/lookup.ts'
import type { GuardedTarget } from '../../upstreams/egress/lookup.ts'
import { hostOf, policyForListed } from '../../upstreams/egress/policy.ts'
import { remedyOf } from './doctor-steps.ts'
import type { Steps } from './doctor-steps.ts'

const connectMs = 5000

/** The way to a server, one layer after the other: its name, its port, its certificate. */
export async function examineWay(
  config: Pick<HttpServerConfig, 'name' | 'url' | 'allowPrivate'>,
  steps: Steps,
): Promise<void> {
  const policy = policyForListed(config.url, config.allowPrivate)
  const target = await steps.take({
    step: 'address',
    work: () => guardTarget(config.url, policy),
    describe: ({ url }) => url.origin,
    advise: (error) => remedyOf(error) ?? `Correct \`servers.${config.name}.url\`.`,
  })
  const host = hostOf(target.url)
  if (isIP(host) === 0) {
    await steps.take({
      step: 'name',
      work: () => lookUp(host, target),
      describe: (addresses) => addresses.map(({ address }) => address).join(', '),
      advise: (error) => remedyOf(error) ?? `Correct the host in \`servers.${config.name}.url\`.`,
    })
  }
  const socket = await steps.take({
    step: 'connection',
    work: () => openTcp(host, target),
    describe: ({ remoteAddress, remotePort }) =>
      `${remoteAddress ?? host} port ${remotePort ?? '?'}`,
    advise: () =>
      'See that the server runs and that its port is the one in `url`; a firewall may be between.',
  })
  try {
    if (target.url.protocol === 'https:') await examineCertificate(socket, host, steps)
  } finally {
    socket.destroy()
  }
}

function lookUp(host: string, { lookup }: GuardedTarget): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, addresses) => {
      if (error) reject(error)
      else resolve(Array.isArray(addresses) ? addresses : [])
    })
  })
}

async function openTcp(host: string, { url, lookup, checkAddress }: GuardedTarget) {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  const socket = connectTcp({ host, port, lookup })
  await opened(socket, 'connect')
  const problem = checkAddress(socket.remoteAddress)
  if (problem === undefined) return socket
  socket.destroy()
  throw new Error(problem)
}

async function examineCertificate(socket: Socket, host: string, steps: Steps): Promise<void> {
  const servername = isIP(host) === 0 ? host : ''
  await steps.take({
    step: 'certificate',
    async work() {
      const secure = connectTls({ socket, servername, ALPNProtocols: ['http/1.1'] })
      await opened(secure, 'secureConnect')
      return secure
    },
    describe: describeCertificate,
    advise: (error) => certificateRemedy(error),
  })
}

/** Waits for a socket to be open; one that fails or takes too long is destroyed. */
async function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  try {
    await once(socket, event, { signal: AbortSignal.timeout(connectMs) })
  } catch (error) {
    socket.destroy()
    const isLate = error instanceof Error && error.name === 'AbortError'
    throw isLate ? new Error(`nothing happened within ${connectMs} ms`) : reasonIn(error)
  }
}

/** A host with several addresses fails with one error for each. */
function reasonIn(error: unknown): unknown {
  return error instanceof AggregateError ? (error.errors[0] ?? error) : error
}

function describeCertificate(socket: TLSSocket): string {
  const { subject, valid_to: validTo } = socket.getPeerCertificate()
  const protocol = socket.getProtocol() ?? 'TLS'
  return `${protocol}, for ${String(subject.CN ?? 'no name')} until ${validTo}`
}

function certificateRemedy(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'CERT_HAS_EXPIRED') return 'The server needs a new certificate.'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'Use the name in `url` that the certificate is for.'
  if (/SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)/.test(code))
    return 'Give the certificate of its issuer to Node: set NODE_EXTRA_CA_CERTS to its file.'
  return 'See that the server speaks TLS on this port; else write http instead of https in `url`.'
}
