import type { RelayClient, RelayHandle, RelayOptions } from '../../src/wire/http/relay-client.ts'
import { createRelayClient } from '../../src/wire/http/relay-client.ts'

/** What one exchange came to. */
export type Relayed =
  | { readonly status: number; readonly contentType: string; readonly body: string }
  | { readonly problem: string; readonly wasSent: boolean }

export const openClient = (url: URL, options: Partial<RelayOptions> = {}): RelayClient =>
  createRelayClient({
    url,
    lookup: () => {
      throw new Error('addresses need no lookup')
    },
    checkAddress: () => undefined,
    connections: 4,
    connectTimeoutMs: 2000,
    tlsTimeoutMs: 2000,
    idleMs: 60_000,
    now: () => performance.now(),
    lines: () => '',
    ...options,
  })

/** One POST, its answer, and the handle to give it up. */
export function post(
  client: RelayClient,
  body = '',
): { readonly answer: Promise<Relayed>; readonly handle: RelayHandle } {
  const { promise, resolve } = Promise.withResolvers<Relayed>()
  const pieces: Buffer[] = []
  let status = 0
  let contentType = ''
  const handle = client.send(
    { method: 'POST', headers: 'X-Test: 1\r\n', body },
    {
      head(head) {
        status = head.status
        contentType = head.contentType
      },
      data: (piece) => void pieces.push(Buffer.from(piece)),
      end: () => resolve({ status, contentType, body: Buffer.concat(pieces).toString('latin1') }),
      failed: (error, wasSent) => resolve({ problem: error.message, wasSent }),
    },
  )
  return { answer: promise, handle }
}
