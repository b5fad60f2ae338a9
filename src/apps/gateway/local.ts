import { localPrincipal } from '../../access/principals.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { ServerStatus } from '../../contract/status.ts'
import { serveModern } from '../../core/clients/modern.ts'
import type { Gateway } from '../../core/gateway.ts'
import { statusFor } from '../../surfaces/rest/server-status.ts'
import { toBuffer } from '../../wire/bytes.ts'
import { createMessageReader } from '../../wire/message.ts'
import type { LoadedConfig } from '../config/load.ts'
import { composeGateway } from './gateway.ts'

/** A gateway inside this process, reached without any door. */
export interface LocalGateway extends AsyncDisposable {
  readonly version: string
  /** Serves one request of the modern era; `onMessage` is told each message, its answer last. */
  serve(request: string, onMessage: (text: string) => void, signal: AbortSignal | undefined): void
  servers(): Promise<readonly ServerStatus[]>
  /** What a server printed last, oldest line first. */
  logs(name: string, lines: number): Promise<readonly string[]>
}

export async function openLocalGateway(loaded: LoadedConfig): Promise<LocalGateway> {
  const running = await composeGateway(loaded)
  const { gateway, principals } = running
  const access = principals.of(localPrincipal)
  const read = createMessageReader()
  gateway.start()

  return {
    version: gateway.version,
    serve(request, onMessage, signal) {
      const underway = serveModern({
        gateway,
        scope: { server: undefined, profile: undefined, access },
        message: read(Buffer.from(request)),
        exchange: {
          notify(payload) {
            onMessage(toBuffer(payload).toString())
            return true
          },
          answer: (payload) => onMessage(toBuffer(payload).toString()),
        },
      })
      const interrupted = new GatewayError('call_cancelled', { reason: 'it was interrupted' })
      signal?.addEventListener('abort', () => underway?.cancel(interrupted), { once: true })
    },
    async servers() {
      await everyServer(gateway)
      return gateway.servers.map((server) => statusFor(server, access))
    },
    async logs(name, lines) {
      gateway.server(name)
      await everyServer(gateway)
      return running.logs(name, lines)
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

/** How a server is can only be said once it has had its chance. */
async function everyServer(gateway: Gateway): Promise<void> {
  const starting = gateway.servers.filter(({ startsByItself }) => startsByItself)
  await Promise.allSettled(starting.map((server) => server.open()))
}
