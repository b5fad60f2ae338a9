import type { ServerStatus } from '../../contract/status.ts'
import type { Access } from '../../core/access/access.ts'
import { visibleCounts } from '../../core/access/visible.ts'
import type { Server } from '../../core/routing/server.ts'

/** How a server is, with the counts of what this principal sees of it. */
export function statusFor(server: Server, access: Access): ServerStatus {
  return { ...statusOf(server), ...visibleCounts(server, access) }
}

export function statusOf(server: Server): ServerStatus {
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
    ...(health && {
      health: {
        checked_ms: Math.round(health.agoMs),
        took_ms: Math.round(health.tookMs),
      },
    }),
  }
}
