import { localPrincipal } from '../../access/principals.ts'
import type { ProgramRunner } from '../../assistant/providers/program.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { llmServerName } from '../../contract/llm-server.ts'
import type { ServerStatus } from '../../contract/status.ts'
import type { Entry } from '../../core/catalog/listing.ts'
import type { Grant } from '../../core/consent/grants.ts'
import type { Scope } from '../../core/clients/exchange.ts'
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
  /** Whose each tool is, by the name it is shown under. */
  owners(): ReadonlyMap<string, Pick<Entry, 'server' | 'name'>>
  /** What somebody allowed ahead of calls. */
  grants(): readonly Grant[]
  revoke(grant: string): void
  /** LLM programs that may be asked as models. */
  programs(): Promise<ProgramRunner | undefined>
  /** What a server printed last, oldest line first. */
  logs(name: string, lines: number): Promise<readonly string[]>
}

export interface LocalOptions {
  /** The one server that is shown, under its own names. */
  readonly server?: string | undefined
}

export async function openLocalGateway(
  loaded: LoadedConfig,
  { server }: LocalOptions = {},
): Promise<LocalGateway> {
  const running = await composeGateway(loaded)
  const { gateway, principals } = running
  const access = principals.of(localPrincipal)
  const scope: Scope = { server, profile: undefined, access }
  const read = createMessageReader()
  gateway.start()

  return {
    version: gateway.version,
    serve(request, onMessage, signal) {
      const underway = serveModern({
        gateway,
        scope,
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
    owners: () => gateway.view(scope).tools,
    grants: () => gateway.consent.desk.grants(),
    revoke: (grant) => void gateway.consent.desk.revoke(grant),
    // Loaded when it is asked for: few commands talk with models.
    async programs() {
      const { programsFor } = await import('./chat-models.ts')
      await gateway.settled(llmServerName)
      return programsFor(running.llm, access)
    },
    async servers() {
      await everyServer(gateway)
      return gateway.servers.map((one) => statusFor(one, access))
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
