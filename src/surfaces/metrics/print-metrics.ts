import type { Exposition } from './exposition.ts'
import { createExposition } from './exposition.ts'
import type { AuditFacts, MetricsFacts, ProcessFacts } from './facts.ts'
import { printServers } from './print-servers.ts'

/** The metrics page: every label is a configured name or a word of ours, so the number of series is bounded. */
export function printMetrics(facts: MetricsFacts): string {
  const page = createExposition()
  printServers(page, facts.servers)
  printGateway(page, facts)
  if (facts.audit) printAudit(page, facts.audit)
  printProcess(page, facts.process)
  return page.toString()
}

function printGateway(page: Exposition, facts: MetricsFacts): void {
  page.metric(
    'gantry_sessions',
    'gauge',
    'Client sessions of the older protocol that are open.',
  )(facts.sessions)

  const shed = page.metric(
    'gantry_shed_total',
    'counter',
    'Calls refused before they were sent, by reason; without a server: by the gateway as a whole.',
  )
  for (const [reason, count] of facts.shed) shed(count, { reason })
  for (const { name, stats } of facts.servers) {
    for (const [reason, count] of stats.shedByReason) shed(count, { server: name, reason })
  }

  page.metric(
    'gantry_orphans_killed_total',
    'counter',
    'Programs that a killed gateway had left running, ended by this one.',
  )(facts.orphansKilled)
  page.metric(
    'gantry_config_generation',
    'gauge',
    'Which configuration is in use, counted from 1.',
  )(facts.configGeneration)
  page.metric(
    'gantry_config_last_reload_success',
    'gauge',
    'Whether the last configuration that was read is in use.',
  )(facts.isLastReloadGood ? 1 : 0)
}

function printAudit(page: Exposition, facts: AuditFacts): void {
  const { isWritable, waiting, written, lost, refused, breaks } = facts
  const writable = page.metric(
    'gantry_audit_writable',
    'gauge',
    'Whether calls can be written down.',
  )
  writable(isWritable ? 1 : 0)
  page.metric('gantry_audit_lag', 'gauge', 'Lines that wait to be written.')(waiting)
  page.metric('gantry_audit_written_total', 'counter', 'Lines written about calls.')(written)
  page.metric(
    'gantry_audit_lost_total',
    'counter',
    'Calls that were made and could not be written down.',
  )(lost)
  page.metric(
    'gantry_audit_refused_total',
    'counter',
    'Calls refused because they could not be written down.',
  )(refused)
  page.metric(
    'gantry_audit_breaks',
    'gauge',
    'Places where what was written down was changed or removed.',
  )(breaks)
}

function printProcess(page: Exposition, facts: ProcessFacts): void {
  page.metric('gantry_build_info', 'gauge', 'The version that runs.')(1, { version: facts.version })

  const delay = page.metric(
    'gantry_eventloop_delay_seconds',
    'gauge',
    'How late the event loop was, lately.',
  )
  const { p50Ms, p99Ms, maxMs } = facts.eventLoopDelay
  delay(p50Ms / 1000, { stat: 'p50' })
  delay(p99Ms / 1000, { stat: 'p99' })
  delay(maxMs / 1000, { stat: 'max' })

  page.metric('process_cpu_seconds_total', 'counter', 'Processor time spent.')(facts.cpuSeconds)
  page.metric(
    'process_start_time_seconds',
    'gauge',
    'When the process started, in seconds since 1970.',
  )(facts.startTimeSeconds)
  page.metric('process_resident_memory_bytes', 'gauge', 'Memory in use.')(facts.residentBytes)
  page.metric(
    'nodejs_heap_size_used_bytes',
    'gauge',
    'JavaScript heap in use.',
  )(facts.heapUsedBytes)
  if (facts.openFds !== undefined)
    page.metric('process_open_fds', 'gauge', 'Open file descriptors.')(facts.openFds)
}
