import type { ServerResponse } from 'node:http'
import type { Access } from '../../core/access/access.ts'
import type { Bytes } from '../../wire/bytes.ts'
import { toBuffer } from '../../wire/bytes.ts'
import type { ScanLimits } from '../../wire/scan-limits.ts'
import { readBody } from '../door/body.ts'
import type { RouteMatch } from '../door/server.ts'
import { readJson } from '../rest/read-input.ts'
import { refuseApi } from './api-error.ts'
import { fail, untilLeft } from './answer.ts'

/** A request whose body is read. */
export interface ApiVisit {
  readonly access: Access
  readonly body: unknown
  readonly response: ServerResponse
  /** Aborted when the client leaves before it is answered. */
  readonly signal: AbortSignal
}

export interface ServeBodyOptions {
  readonly limits: ScanLimits
  readonly bodyLimitBytes: number
  readonly onFault: (error: unknown) => void
}

/** Reads a body within limits and serves the request; whatever goes wrong is told as OpenAI tells it. */
export function serveBody(
  { request, response, headers, access }: RouteMatch,
  options: ServeBodyOptions,
  serve: (visit: ApiVisit) => Promise<void>,
): void {
  const { contentLength } = headers
  const lengthBytes = contentLength === undefined ? undefined : Number(contentLength)
  readBody(request, options.bodyLimitBytes, lengthBytes, (error, bytes: Bytes) => {
    if (error) return refuseApi(response, error, ['Connection', 'close'])
    void answered(toBuffer(bytes))
  })

  async function answered(bytes: Buffer): Promise<void> {
    try {
      // Names of parameters and fields of schemas are the caller's: they are carried, not looked at.
      const body = readJson(bytes, options.limits, '')
      await serve({ access, body, response, signal: untilLeft(response) })
    } catch (error) {
      fail(response, error, options.onFault)
    }
  }
}
