import type { ServerResponse } from 'node:http'
import type { ConfigDiff } from '../../contract/config/diff.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { ReloadResult } from '../../contract/status.ts'
import { toJson } from '../../wire/bytes.ts'
import { refuseHttp, sendEmpty, sendJson } from '../door/answers.ts'
import type { Route } from '../door/server.ts'

export interface ConfigRoutesOptions {
  readonly reload: () => Promise<ReloadResult>
  readonly plan: () => Promise<ConfigDiff>
  /** A reload that failed in a way nobody foresaw. */
  readonly onFault: (error: unknown) => void
}

/** `POST config/reload` goes over to what the file says now; `GET config/plan` says what that would change. */
export function createConfigRoutes({ reload, plan, onFault }: ConfigRoutesOptions): Route {
  const routes = new Map<string, { readonly method: string; readonly run: () => Promise<unknown> }>(
    [
      ['config/reload', { method: 'POST', run: reload }],
      ['config/plan', { method: 'GET', run: async () => ({ diff: await plan() }) }],
    ],
  )

  function refuse(response: ServerResponse, error: unknown): void {
    if (error instanceof GatewayError) return refuseHttp(response, error)
    onFault(error)
    refuseHttp(response, new GatewayError('internal', undefined))
  }

  return ({ request, response, path }) => {
    const route = routes.get(/^\/(?:api|mcp)\/(.+)$/.exec(path)?.[1] ?? '')
    if (!route) return false
    if (request.method !== route.method) {
      sendEmpty(response, 405, ['Allow', route.method])
      return true
    }
    request.resume()
    route.run().then(
      (result) => sendJson(response, 200, toJson(result)),
      (error: unknown) => refuse(response, error),
    )
    return true
  }
}
