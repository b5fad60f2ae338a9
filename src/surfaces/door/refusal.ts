import { GatewayError } from '../../contract/gateway-error.ts'
import { errorAnswer, faultJson } from '../../core/eras/fault.ts'
import { retryAfterSeconds } from '../../core/pipeline/overload.ts'
import type { ByteText } from '../../wire/bytes.ts'

/** Nothing was done; clients come back at different times, so that they do not all come back at once. */
export function tooBusy(reason: string): GatewayError<'overloaded'> {
  const retryAfterMs = 1000 * retryAfterSeconds(Math.random)
  return new GatewayError('overloaded', { reason, retryAfterMs })
}

/** The header that says when to come back, where the error knows. */
export function retryHeader({ data }: GatewayError): readonly string[] {
  if (typeof data !== 'object' || data === null || !('retryAfterMs' in data)) return []
  const { retryAfterMs } = data
  return typeof retryAfterMs !== 'number'
    ? []
    : ['Retry-After', String(Math.ceil(retryAfterMs / 1000))]
}

/** A whole response for a connection on which no request will be read. */
export function refusalText(reason: string): ByteText {
  const error = tooBusy(reason)
  const body = errorAnswer('null', faultJson(error, { outcome: 'not_executed' }))
  const head = [
    'HTTP/1.1 503 Service Unavailable',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    retryHeader(error).join(': '),
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
