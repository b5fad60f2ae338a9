import type { GatewayError } from '../../contract/failure.ts'
import type { Exchange } from '../../core/clients/exchange.ts'
import { serveModern } from '../../core/clients/modern.ts'
import type { Gateway } from '../../core/gateway.ts'
import { parseExact } from '../../kit/exact-json.ts'
import { isRecord } from '../../kit/is-record.ts'
import { statusOf } from '../../surfaces/rest/servers.ts'
import type { Payload } from '../../wire/bytes.ts'
import { toBuffer } from '../../wire/bytes.ts'
import type { Message } from '../../wire/message.ts'
import { createMessageReader } from '../../wire/message.ts'
import type { GatewayLink, RequestOptions } from '../cli/link.ts'
import { RpcError } from '../cli/link.ts'
import { requestBody } from '../cli/link/modern.ts'
import type { LoadedConfig } from '../config/load.ts'
import { composeGateway } from './gateway.ts'

/** A gateway inside this process, for one command, reached without any door. */
export async function openLocalGateway(loaded: LoadedConfig): Promise<GatewayLink> {
  const running = await composeGateway(loaded)
  const { gateway } = running
  const read = createMessageReader()
  let lastId = 0
  gateway.start()

  return {
    request(method, paramsJson, options = {}) {
      lastId += 1
      const wantsProgress = options.onNotification !== undefined
      const body = requestBody({
        id: lastId,
        method,
        paramsJson,
        version: gateway.version,
        wantsProgress,
      })
      return ask(gateway, read(Buffer.from(body)), options)
    },
    async servers() {
      await everyServer(gateway)
      return gateway.servers.map(statusOf)
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
  const enabled = gateway.servers.filter(({ config }) => config.enabled)
  await Promise.allSettled(enabled.map((server) => server.open()))
}

function ask(
  gateway: Gateway,
  message: Message,
  { signal, onNotification }: RequestOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const exchange: Exchange = {
      notify(payload) {
        const { method, params } = parsed(payload)
        if (typeof method === 'string') onNotification?.(method, params)
        return true
      },
      answer(payload) {
        const { error, result } = parsed(payload)
        if (isRecord(error)) reject(errorFrom(error))
        else resolve(result)
      },
    }
    const underway = serveModern({
      gateway,
      scope: { server: undefined },
      message,
      exchange,
      principal: 'local',
    })
    signal?.addEventListener('abort', () => underway?.cancel(signal.reason as GatewayError), {
      once: true,
    })
  })
}

function parsed(payload: Payload): Readonly<Record<string, unknown>> {
  const message: unknown = parseExact(toBuffer(payload).toString())
  return isRecord(message) ? message : {}
}

function errorFrom({ code, message, data }: Readonly<Record<string, unknown>>): RpcError {
  return new RpcError(typeof code === 'number' ? code : 0, String(message), data)
}
