import { GatewayError } from '../../contract/gateway-error.ts'
import { isRecord } from '../../kit/is-record.ts'
import { ProviderError } from '../provider.ts'
import { refusalOf, unreachable } from './failure-of.ts'

/** Told by what an error holds and not by its class, so that the library need not be loaded for it. */
export function openaiFailure(provider: string, error: unknown): Error {
  if (error instanceof ProviderError || error instanceof GatewayError) return error
  if (!(error instanceof Error)) return unreachable(provider, error)
  const { status, code, type, headers, error: body } = fieldsOf(error)
  const isAnswer = typeof status === 'number' || isRecord(body) || typeof body === 'string'
  if (!isAnswer) return unreachable(provider, error)
  const said = isRecord(body) && typeof body['message'] === 'string' ? body['message'] : undefined
  const refused = {
    status: typeof status === 'number' ? status : undefined,
    code: typeof code === 'string' ? code : undefined,
    type: typeof type === 'string' ? type : undefined,
    message: said ?? error.message,
    header: (name: string) => (headers instanceof Headers ? headers.get(name) : undefined),
  }
  return refusalOf(provider, refused, error)
}

function fieldsOf(error: Error): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(error))
}
