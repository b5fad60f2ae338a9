import { GatewayError } from '../../contract/gateway-error.ts'
import { errorAnswer, faultJson } from '../../core/eras/fault.ts'
import { retryAfterSeconds } from '../../core/pipeline/overload.ts'
import type { ByteText } from '../../wire/bytes.ts'

/** Nothing was done; clients come back at different times, so that they do not all come back at once. */
export function tooBusy(reason: string): GatewayError<'overloaded'> {
  const retryAfterMs = 1000 * retryAfterSeconds(Math.random)
  return new GatewayError('overloaded', { reason, retryAfterMs })
}

/** The headers that belong to an error: when to come back, how to say who one is, which methods there are. */
export function headersOf(error: GatewayError): readonly string[] {
  const { retryAfterMs, allow } = {
    retryAfterMs: undefined,
    allow: undefined,
    ...Object(error.data),
  }
  return [
    ...(typeof retryAfterMs === 'number' ? ['Retry-After', secondsOf(retryAfterMs)] : []),
    ...(Array.isArray(allow) ? ['Allow', allow.join(', ')] : []),
    ...(error.status === 401 ? ['WWW-Authenticate', 'Bearer'] : []),
  ]
}

/** The same as lines of a head. */
export function headerLines(error: GatewayError): readonly string[] {
  const headers = headersOf(error)
  return headers.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : [],
  )
}

function secondsOf(ms: number): string {
  return String(Math.ceil(ms / 1000))
}

/** A whole response for a connection on which no request will be read. */
export function refusalText(reason: string): ByteText {
  const error = tooBusy(reason)
  const body = errorAnswer('null', faultJson(error, { outcome: 'not_executed' }))
  const head = [
    'HTTP/1.1 503 Service Unavailable',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...headerLines(error),
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
