import { GatewayError } from '../../contract/gateway-error.ts'
import { isRecord } from '../../kit/is-record.ts'
import { parsedOrNothing } from '../history.ts'
import { ProviderError } from '../provider.ts'
import { refusalOf, unreachable } from './failure-of.ts'

/** Told by what an error holds and not by its class, so that the library need not be loaded for it. */
export function aiSdkFailure(provider: string, error: unknown): Error {
  if (error instanceof ProviderError || error instanceof GatewayError) return error
  const fields: Readonly<Record<string, unknown>> =
    typeof error === 'object' && error !== null ? { ...error } : {}
  const { statusCode, responseHeaders, responseBody } = fields
  const body = parsedOrNothing(typeof responseBody === 'string' ? responseBody : '')
  const said = saidIn(body) ?? saidIn(fields) ?? (error instanceof Error ? undefined : fields)
  // An answer that began well and broke off has the status it began with.
  const status = typeof statusCode === 'number' && statusCode >= 400 ? statusCode : undefined
  const isAnswer = status !== undefined || said !== undefined
  if (!isAnswer) return unreachable(provider, error)
  const headers = isRecord(responseHeaders) ? responseHeaders : {}
  const refused = {
    status: status ?? statusOf(said),
    code: textOf(said?.['type'] ?? said?.['status']),
    message: textOf(said?.['message']) ?? (error instanceof Error ? error.message : 'no reason'),
    header: (name: string) => textOf(headers[name]),
  }
  return refusalOf(provider, refused, error)
}

/** In the middle of a stream nothing but words says what went wrong. */
function statusOf(said: Readonly<Record<string, unknown>> | undefined): number | undefined {
  const words = `${textOf(said?.['type']) ?? ''} ${textOf(said?.['status']) ?? ''}`
  return /rate_limit|RESOURCE_EXHAUSTED/.test(words) ? 429 : undefined
}

function saidIn(body: unknown): Readonly<Record<string, unknown>> | undefined {
  const error = isRecord(body) ? body['error'] : undefined
  return isRecord(error) ? error : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
