import type { ServerResponse } from 'node:http'
import type { GatewayError } from '../../contract/gateway-error.ts'
import { errorAnswer, faultJson } from '../../core/eras/fault.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { retryHeader } from './refusal.ts'

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
    ...retryHeader(error),
    ...headers,
  ])
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: ByteText,
  headers: readonly string[] = [],
): void {
  response.writeHead(status, [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(body.length),
    ...headers,
  ])
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
