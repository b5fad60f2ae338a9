import type { Access } from '../../core/access/access.ts'
import { visibleServers } from '../../core/access/visible.ts'
import type { Server } from '../../core/routing/server.ts'
import type { MetricsFacts, ServerFacts } from '../../surfaces/metrics/facts.ts'
import type { Running } from './gateway.ts'

/** What the metrics page tells of a running gateway; `inside` is what the doors know. */
export function gatherMetrics(
  { gateway, reloader, orphansEnded, watch, audit }: Running,
  inside: Pick<MetricsFacts, 'sessions' | 'shed'>,
  access: Access,
): MetricsFacts {
  return {
    ...inside,
    servers: visibleServers(gateway, access).map(serverFacts),
    orphansKilled: orphansEnded,
    configGeneration: gateway.generation,
    isLastReloadGood: reloader.last?.ok ?? true,
    audit: audit && {
      ...audit.health,
      isWritable: audit.health.problem === undefined,
      breaks: audit.breaks,
    },
    process: watch.facts(),
  }
}

function serverFacts({ name, state, stats, guard }: Server): ServerFacts {
  return {
    name,
    state,
    stats,
    breaker: guard.breaker.state,
    queued: guard.bulkhead.queued,
  }
}
