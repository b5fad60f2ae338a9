import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { callModern } from '../ends/clients.ts'
import { createCertificate } from '../kit/certificate.ts'
import { startGateway } from '../kit/gateway.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { startHttpFault } from './lab/entry.ts'
import type { Front } from './lab/tls-front.ts'
import { startTlsFront } from './lab/tls-front.ts'
import { textIn } from './seen.ts'

const dayMs = 24 * 3600_000
const at = (days: number) => new Date(Date.now() + days * dayMs)
const good = createCertificate({ name: 'localhost', notBefore: at(-1), notAfter: at(1) })
const expired = createCertificate({ name: 'localhost', notBefore: at(-3), notAfter: at(-2) })
const foreign = createCertificate({ name: 'other.example', notBefore: at(-1), notAfter: at(1) })

/** What may be wrong with a secure connection, and how it is told. */
const fronts: Readonly<Record<string, readonly [front: Front, reason: RegExp]>> = {
  'an expired certificate': [expired, /expired/],
  'a certificate for another name': [foreign, /altnames|does not match/i],
  'a certificate that nobody vouches for': [
    createCertificate({ name: 'localhost', notBefore: at(-1), notAfter: at(1) }),
    /self-signed|certificate/,
  ],
  'TLS 1.1 at most': [
    { ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    /protocol version|unsupported protocol/i,
  ],
  'no TLS': ['plain', /wrong version number|packet length|SSL routines/],
  'a handshake that never ends': ['silent', /no TLS handshake within 5000 ms/],
}

describe.each(['legacy', 'modern'] as const)('a %s server', (era) => {
  verifies(
    'fault:F34',
    'F34: that cannot be trusted is sent nothing, the reason says why, and it is used again once it can',
    async () => {
      await using folder = await createTempFolder()
      const trusted = join(folder.path, 'trusted.pem')
      await writeFile(trusted, [good, expired, foreign].map(({ cert }) => cert).join(''))
      await using server = await startHttpFault({ manners: { era } })
      await using front = await startTlsFront(server.port, good)
      await using gateway = await startGateway(
        { servers: { far: { url: front.url, retries: 0, breaker: false, healthTimeoutMs: 8000 } } },
        { env: { NODE_EXTRA_CA_CERTS: trusted } },
      )
      const called = (callId: string) =>
        callModern(gateway.url, 'count', { callId, nonce: callId }).answer
      expect(textIn(await called('before'))).toBe('before')

      for (const [what, [wrong, reason]] of Object.entries(fronts)) {
        front.become(wrong)
        const { error } = await called(what)

        expect(error?.data, what).toMatchObject({
          code: 'server_unreachable',
          reason: expect.stringMatching(reason),
          outcome: 'not_executed',
        })
        expect(server.executionsOf(what), what).toBe(0)
        if (wrong !== 'plain') expect(front.served(), what).toBe(0)
      }
      front.become(good)

      expect(textIn(await called('after'))).toBe('after')
    },
  )
})
