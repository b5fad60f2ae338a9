import type { ServerResponse } from 'node:http'
import type { GatewayError } from '../../contract/gateway-error.ts'
import { errorAnswer, faultJson } from '../../core/eras/fault.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { headersOf } from './refusal.ts'

/** Answers a request that never became a call: the HTTP status and a JSON-RPC error that says why. */
export function refuseHttp(
  response: ServerResponse,
  error: GatewayError,
  {
    id = 'null',
    status = error.status,
    headers = [],
  }: { id?: ByteText | undefined; status?: number; headers?: readonly string[] } = {},
): void {
  sendJson(response, status, errorAnswer(id, faultJson(error, { outcome: 'not_executed' })), [
    ...headersOf(error),
    ...headers,
  ])
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: ByteText,
  headers: readonly string[] = [],
): void {
  sendBody(response, status, { type: 'application/json', body, headers })
}

export function sendBody(
  response: ServerResponse,
  status: number,
  sent: { readonly type: string; readonly body: ByteText; readonly headers: readonly string[] },
): void {
  const { type, body, headers } = sent
  const length = String(body.length)
  response.writeHead(status, ['Content-Type', type, 'Content-Length', length, ...headers])
  response.end(body, 'latin1')
}

export function sendEmpty(
  response: ServerResponse,
  status: number,
  headers: readonly string[] = [],
): void {
  response.writeHead(status, ['Content-Length', '0', ...headers])
  response.end()
}
