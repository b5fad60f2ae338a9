import type { ServerStatus } from '../../contract/status.ts'
import type { Access } from '../../core/access/access.ts'
import { visibleCounts } from '../../core/access/visible.ts'
import type { Server } from '../../core/routing/server.ts'

/** How a server is, with the counts of what this principal sees of it. */
export function statusFor(server: Server, access: Access): ServerStatus {
  const status = { ...statusOf(server), ...visibleCounts(server, access) }
  return access.allows('config', server.name) ? { ...status, ...intakeOf(server) } : status
}

const shownLeftOut = 100

/** What was done to what it offers; who may not change the server might not even know of the tools. */
function intakeOf({ intake }: Server): Partial<ServerStatus> {
  const { leftOut, cleaned, waiting } = intake
  return {
    ...(leftOut.length > 0 && {
      left_out: leftOut.slice(0, shownLeftOut),
      left_out_count: leftOut.length,
    }),
    ...(cleaned > 0 && { cleaned }),
    ...(waiting > 0 && { waiting }),
  }
}

function statusOf(server: Server): ServerStatus {
  const { reason, greeting, pid, startedMs, listings, guard, stats, health, nextAttemptMs } = server
  return {
    name: server.name,
    state: server.state,
    transport: server.config.transport,
    tools: listings.tools.entries.length,
    prompts: listings.prompts.entries.length,
    resources: listings.resources.entries.length,
    ...(reason !== undefined && { reason }),
    ...(greeting && { era: greeting.era }),
    ...(pid !== undefined && { pid }),
    ...(startedMs !== undefined && { started_ms: Math.round(startedMs) }),
    restarts: stats.restarts,
    in_flight: guard.bulkhead.running,
    queued: guard.bulkhead.queued,
    breaker: guard.breaker.state,
    ...(nextAttemptMs !== undefined && { next_attempt_ms: Math.round(nextAttemptMs) }),
    ...authOf(server),
    ...(health && {
      health: {
        checked_ms: Math.round(health.agoMs),
        took_ms: Math.round(health.tookMs),
      },
    }),
  }
}

function authOf({ signIn }: Server): Pick<ServerStatus, 'auth'> {
  if (!signIn) return {}
  const { state, expiresInMs } = signIn
  const end = expiresInMs === undefined ? undefined : wholeSecond(Date.now() + expiresInMs)
  return { auth: { type: 'oauth', state, ...(end !== undefined && { expires_at: end }) } }
}

/** What two clocks make of the same moment differs by less. */
function wholeSecond(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString()
}
