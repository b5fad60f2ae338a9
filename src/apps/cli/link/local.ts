import { parseExact } from '../../../kit/exact-json.ts'
import { isRecord } from '../../../kit/is-record.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { LocalGateway, LocalOptions } from '../../gateway/local.ts'
import { RpcError } from '../link.ts'
import type { GatewayLink } from '../link.ts'
import { requestBody } from './modern.ts'

/** A gateway of our own, for one command. */
export async function localLink(
  loaded: LoadedConfig,
  options?: LocalOptions,
): Promise<GatewayLink> {
  const { openLocalGateway } = await import('../../gateway/local.ts')
  const gateway = await openLocalGateway(loaded, options)
  let lastId = 0

  return {
    request(method, paramsJson, asked = {}) {
      lastId += 1
      const { version } = gateway
      const body = requestBody({ id: lastId, method, paramsJson, version, options: asked })
      const { signal, onNotification } = asked
      return answerTo(gateway, body, { signal, onNotification })
    },
    servers: () => gateway.servers(),
    owners: async () =>
      new Map(
        [...gateway.owners()].map(([shown, { server, name }]) => [shown, { server, tool: name }]),
      ),
    grants: async () => gateway.grants(),
    revoke: async (grant) => gateway.revoke(grant),
    programs: () => gateway.programs(),
    logs: (name, lines) => gateway.logs(name, lines),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  }
}

interface Hearing {
  readonly signal: AbortSignal | undefined
  readonly onNotification: ((method: string, params: unknown) => void) | undefined
}

function answerTo(gateway: LocalGateway, body: string, hearing: Hearing): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const hear = (text: string) => {
      const message = parseExact(text)
      if (!isRecord(message)) return
      const { method, params, error, result } = message
      if (typeof method === 'string') hearing.onNotification?.(method, params)
      else if (isRecord(error)) reject(errorFrom(error))
      else resolve(result)
    }
    gateway.serve(body, hear, hearing.signal)
  })
}

function errorFrom({ code, message, data }: Readonly<Record<string, unknown>>): RpcError {
  return new RpcError(typeof code === 'number' ? code : 0, String(message), data)
}
