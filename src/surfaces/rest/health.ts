import type { ServerResponse } from 'node:http'
import type { ServerState } from '../../contract/status.ts'
import type { Access } from '../../core/access/access.ts'
import type { Server } from '../../core/routing/server.ts'
import { toJson } from '../../wire/bytes.ts'
import { sendEmpty, sendJson } from '../door/answers.ts'
import type { Route } from '../door/server.ts'

/** Whether new requests should be sent here. Servers that are down do not change that: the others work. */
export type Readiness = 'starting' | 'ready' | 'draining'

export interface HealthFacts {
  readonly readiness: Readiness
  /** Which configuration is in use, counted from 1. */
  readonly configGeneration: number
  /** Why the last changed configuration was not taken, when it was not. */
  readonly lastReloadError: string | undefined
  /** Why calls are refused although it is ready; undefined when they are not. */
  readonly refusing: string | undefined
  readonly servers: readonly Pick<Server, 'state'>[]
}

const reasons: Readonly<Record<Readiness, string | undefined>> = {
  starting: 'the gateway is starting',
  ready: undefined,
  draining: 'the gateway is shutting down',
}

/** `/livez`: the program answers. `/readyz`: it takes requests. */
export function createHealth(facts: (access: Access) => HealthFacts): Route {
  return ({ request, response, path, access }) => {
    if (path !== '/livez' && path !== '/readyz') return false
    if (request.method !== 'GET' && request.method !== 'HEAD')
      sendEmpty(response, 405, ['Allow', 'GET'])
    else if (path === '/livez') sendJson(response, 200, '{"status":"ok"}', uncached)
    else sendReadiness(response, facts(access))
    return true
  }
}

const uncached = ['Cache-Control', 'no-store']

function sendReadiness(response: ServerResponse, facts: HealthFacts): void {
  const { readiness, configGeneration, lastReloadError = null, refusing, servers } = facts
  const states: Partial<Record<ServerState, number>> = {}
  for (const { state } of servers) states[state] = (states[state] ?? 0) + 1
  const isReady = readiness === 'ready' && refusing === undefined
  const reason = reasons[readiness] ?? refusing
  const body = toJson({
    status: readiness === 'ready' && !isReady ? 'refusing' : readiness,
    ...(reason !== undefined && { reason }),
    config_generation: configGeneration,
    last_reload_error: lastReloadError,
    servers: states,
  })
  sendJson(response, isReady ? 200 : 503, body, uncached)
}
